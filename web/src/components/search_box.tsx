// Typed search: a user, key, role, instance, address or resource by any part of it; Enter goes to its activity.
import { useEffect, useRef, useState } from 'preact/hooks';
import { apiPath } from '../api';
import { activityLink, entityText, kKindLabel } from '../entity';
import { useJson } from '../state/resource';
import { navigate } from '../state/router';
import { link, parsePlace } from '../state/url';
import { visible } from '../text';
import type { FoundEntity } from '../types';
import { Ago, Text } from './basics';
import { Icon } from './icon';

const kDelay_ms = 140;
const kMinLetters = 2;
const kShown = 12;
const kPivotSpan = '7d';

interface Option {
  id: string;
  href: string;
  kind: string;
  text: string;
  key: string | null;
  seen: string | null;
}

function options(query: string, found: readonly FoundEntity[]): Option[] {
  const out = found.slice(0, kShown).map((one): Option => ({
    id: `${one.kind}:${one.key}`,
    href: activityLink(one, [['last', kPivotSpan]]),
    kind: kKindLabel[one.kind] ?? one.kind,
    text: entityText(one),
    key: entityText(one) === one.key ? null : one.key,
    seen: one.last_seen_at,
  }));
  if (query.length >= kMinLetters) {
    out.push({
      id: 'title',
      href: link('findings', [['title', query]]),
      kind: 'Findings',
      text: `with “${query}” in the title`,
      key: null,
      seen: null,
    });
  }
  if (/^[0-9a-f]{32}$/i.test(query) || query.startsWith('arn:aws:securityhub:')) {
    out.unshift({
      id: 'finding',
      href: link('finding', [], query),
      kind: 'Finding',
      text: query,
      key: null,
      seen: null,
    });
  }
  return out;
}

export function SearchBox() {
  const [text, setText] = useState('');
  const [asked, setAsked] = useState('');
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const query = text.trim();
  useEffect(() => {
    const timer = setTimeout(() => setAsked(query), kDelay_ms);
    return () => clearTimeout(timer);
  }, [query]);
  const answer = useJson<{ entities: FoundEntity[] }>(
    asked.length < kMinLetters ? null : apiPath(['entities'], [['q', asked]]),
    true,
  );
  const settled = asked === query && !answer.loading;
  const list = options(query, query.length < kMinLetters ? [] : (answer.data?.entities ?? []));
  const shown = open && query.length >= kMinLetters;
  const go = (option: Option | undefined): void => {
    if (option === undefined) return;
    setOpen(false);
    setText('');
    input.current?.blur();
    navigate(parsePlace(option.href));
  };
  const keys = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setActive((active + (event.key === 'ArrowDown' ? 1 : -1) + list.length) % Math.max(1, list.length));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      if (settled || active > 0) go(list[active]);
      else void pending.current.push(query);
    } else if (event.key === 'Escape') {
      event.preventDefault();
      setOpen(false);
      input.current?.blur();
    }
  };
  // Enter before the answer came: go as soon as it is there.
  const pending = useRef<string[]>([]);
  useEffect(() => {
    if (!settled || pending.current.length === 0) return;
    const wanted = pending.current.pop();
    pending.current = [];
    if (wanted === query) go(list[0]);
  }, [settled, answer.data]);
  return (
    <div class="search">
      <Icon name="search" />
      <input
        ref={input}
        id="search"
        class="search-input"
        type="text"
        role="combobox"
        value={text}
        placeholder="User, key, role, instance, IP, bucket…"
        aria-label="Search users, keys, roles, instances, addresses and resources"
        aria-expanded={shown}
        aria-controls="search-list"
        aria-autocomplete="list"
        aria-activedescendant={shown && list[active] !== undefined ? `search-option-${active}` : undefined}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setOpen(true);
          setActive(0);
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => setTimeout(() => setOpen(false), 150)}
        onKeyDown={keys}
      />
      <kbd aria-hidden="true">/</kbd>
      <div class={`search-panel${shown ? '' : ' hidden'}`}>
        <ul id="search-list" role="listbox" aria-label="Search results">
          {shown &&
            list.map((option, index) => (
              <li
                key={option.id}
                id={`search-option-${index}`}
                role="option"
                aria-selected={index === active}
                class={index === active ? 'active' : ''}
                onPointerDown={(event) => {
                  event.preventDefault();
                  go(option);
                }}
                onPointerEnter={() => setActive(index)}
              >
                <span class="option-kind">{option.kind}</span>
                <span class="option-text" title={visible(option.key ?? option.text)}>
                  <Text of={option.text} />
                  {option.key !== null && (
                    <span class="dim mono">
                      {' '}
                      <Text of={option.key} />
                    </span>
                  )}
                </span>
                <span class="option-seen">{option.seen !== null && <Ago at={option.seen} />}</span>
              </li>
            ))}
        </ul>
        {shown && (
          <p class="search-foot dim" role="status">
            {answer.problem !== undefined
              ? visible(answer.problem.title)
              : !settled
                ? 'Searching…'
                : (answer.data?.entities.length ?? 0) === 0
                  ? 'Nothing seen under that name. Exact keys, instance ids and addresses can be followed all the same.'
                  : 'Enter opens the activity of the last 7 days'}
          </p>
        )}
      </div>
    </div>
  );
}
