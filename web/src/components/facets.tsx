// A column of values with counts; a click filters for one, the second button filters it out.
import { useState } from 'preact/hooks';
import { facetsShown } from '../state/prefs';
import { place, setParams } from '../state/router';
import { negate, toggle, type Param } from '../state/url';
import { count, visible } from '../text';
import { Text } from './basics';
import { Icon } from './icon';

export interface FacetItem {
  /** What a click adds to the filter; several for one thing, such as service and API. */
  params: readonly Param[];
  text: string;
  detail?: string | null;
  count: number;
  marks?: { class: string; text: string }[];
}

export interface FacetGroup {
  name: string;
  title: string;
  items: readonly FacetItem[];
}

const kShown = 7;

function isActive(params: readonly Param[], wanted: readonly Param[]): boolean {
  return wanted.every(([name, value]) => params.some((one) => one[0] === name && one[1] === value));
}

function Item({ item, highest }: { item: FacetItem; highest: number }) {
  const params = place.value.params;
  const active = isActive(params, item.params);
  const negated = item.params.map(([name, value]): Param => [name, negate(value)]);
  const without_ = isActive(params, negated.slice(-1));
  const apply = (wanted: readonly Param[]): void => {
    const next = wanted.reduce<readonly Param[]>((all, [name, value]) => toggle(all, name, value), params);
    setParams(next);
  };
  return (
    <li class={`facet${active ? ' facet-on' : ''}${without_ ? ' facet-off' : ''}`}>
      <button
        type="button"
        class="facet-main"
        aria-pressed={active}
        title={visible(item.detail ?? item.text)}
        onClick={() => apply(item.params)}
      >
        <span class="facet-bar" style={{ width: `${highest === 0 ? 0 : (100 * item.count) / highest}%` }} />
        <span class="facet-text">
          <Text of={item.text} />
          {item.detail != null && (
            <span class="facet-detail">
              <Text of={item.detail} />
            </span>
          )}
        </span>
        {(item.marks ?? []).map((mark) => (
          <span key={mark.class} class={`facet-mark ${mark.class}`}>
            {mark.text}
          </span>
        ))}
        <span class="facet-count">{count(item.count)}</span>
      </button>
      <button
        type="button"
        class="facet-not"
        aria-pressed={without_}
        aria-label={`Filter out ${visible(item.text)}`}
        title="Filter out"
        onClick={() => apply(negated.slice(-1))}
      >
        ≠
      </button>
    </li>
  );
}

/** Shows or hides the column: the table gets its width. */
export function FacetSwitch() {
  const shown = facetsShown.value;
  const text = shown ? 'Hide the column of values' : 'Show the column of values';
  return (
    <button
      type="button"
      class="icon-button"
      aria-pressed={shown}
      aria-label={text}
      title={text}
      onClick={() => (facetsShown.value = !shown)}
    >
      <Icon name="columns" />
    </button>
  );
}

export function Facets({ groups, label, busy }: { groups: readonly FacetGroup[]; label: string; busy: boolean }) {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [all, setAll] = useState<ReadonlySet<string>>(new Set());
  const flip = (known: ReadonlySet<string>, name: string): ReadonlySet<string> => {
    const next = new Set(known);
    if (!next.delete(name)) next.add(name);
    return next;
  };
  return (
    <nav class={`facets${busy ? ' busy' : ''}`} aria-label={label}>
      {groups
        .filter((group) => group.items.length > 0)
        .map((group) => {
          const open = !closed.has(group.name);
          const whole = all.has(group.name);
          const shown = whole ? group.items : group.items.slice(0, kShown);
          const highest = Math.max(...group.items.map((item) => item.count));
          return (
            <section key={group.name} class="facet-group">
              <h2>
                <button
                  type="button"
                  class="facet-title"
                  aria-expanded={open}
                  onClick={() => setClosed(flip(closed, group.name))}
                >
                  <Icon name={open ? 'down' : 'right'} />
                  {group.title}
                </button>
              </h2>
              {open && (
                <ul>
                  {shown.map((item) => (
                    <Item key={JSON.stringify(item.params)} item={item} highest={highest} />
                  ))}
                </ul>
              )}
              {open && group.items.length > kShown && (
                <button type="button" class="link facet-more" onClick={() => setAll(flip(all, group.name))}>
                  {whole ? 'Fewer' : `${count(group.items.length - kShown)} more`}
                </button>
              )}
            </section>
          );
        })}
    </nav>
  );
}
