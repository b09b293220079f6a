// A timeline of API events, newest first, plain or folded. A row opens the event; a fold opens to its rows.
import { useMemo, useState } from 'preact/hooks';
import { fold, unfolded, type Fold } from '../fold';
import { count } from '../text';
import { formatDuration, parseInstant } from '../time';
import type { EventRow } from '../types';
import { OutcomeMark, Text, Time, zoneText } from './basics';
import { Icon } from './icon';
import { memo, useStable } from './memo';
import { Value } from './value';

/** What a finding points at: its remote addresses and keys stand out in the timeline. */
export interface Marks {
  ips: ReadonlySet<string>;
  keys: ReadonlySet<string>;
  from_ms: number;
  to_ms: number;
}

interface RowProps {
  event: EventRow;
  chosen: boolean;
  open: (event_key: string) => void;
  marks: Marks | undefined;
}

function serviceLabel(service: string | null): string {
  return (service ?? '').replace(/\.amazonaws\.com$/, '');
}

function Matched({ event }: { event: EventRow }) {
  const directions = [...new Set(event.matched.map((one) => one.direction))];
  return (
    <>
      {directions.map((one) => (
        <span key={one} class={`direction direction-${one}`}>
          {one}
        </span>
      ))}
    </>
  );
}

function Cells({ event, marks }: { event: EventRow; marks: Marks | undefined }) {
  const hotIp = event.source_ip !== null && marks?.ips.has(event.source_ip) === true;
  const hotKey = event.access_key_id !== null && marks?.keys.has(event.access_key_id) === true;
  return (
    <>
      <td class="c-outcome">
        <OutcomeMark outcome={event.outcome} code={event.error_code} />
      </td>
      <td class="c-account">
        <Value entity={{ kind: 'account', key: event.account_id, name: event.account_name }} />
      </td>
      <td class="c-region">
        {event.region === null ? <span class="none">–</span> : <Value filter={['region', event.region]} />}
      </td>
      <td class="c-actor">
        <div class="caller-cell">
          {event.principal === null ? (
            <Text of={event.invoked_by ?? event.identity_type} />
          ) : (
            <Value entity={event.principal} />
          )}
          {event.session_name !== null && event.principal !== null && (
            <span class="dim session">
              {' / '}
              {event.role_session == null ? (
                <Text of={event.session_name} />
              ) : (
                <Value entity={event.role_session} text={event.session_name} />
              )}
            </span>
          )}
        </div>
      </td>
      <td class="c-key">
        {event.access_key_id === null ? (
          <span class="none">–</span>
        ) : (
          <span class={hotKey ? 'hot' : ''}>
            <Value entity={{ kind: 'access_key', key: event.access_key_id }} mono />
          </span>
        )}
      </td>
      <td class="c-ip">
        {event.source_ip === null ? (
          <span class="none">–</span>
        ) : (
          <span class={hotIp ? 'hot' : ''} title={hotIp ? 'an address that the finding names' : undefined}>
            <Value entity={{ kind: 'ip_address', key: event.source_ip }} mono />
          </span>
        )}
      </td>
      <td class="c-resource">
        {event.resources[0] === undefined ? (
          <span class="none">–</span>
        ) : (
          <>
            <Value entity={event.resources[0]} />
            {event.resources.length - 1 + event.resources_more > 0 && (
              <span class="dim"> +{count(event.resources.length - 1 + event.resources_more)}</span>
            )}
          </>
        )}
      </td>
      <td class="c-agent">
        {event.user_agent === null ? (
          <span class="none">–</span>
        ) : (
          <Value entity={{ kind: 'user_agent', key: event.user_agent }} />
        )}
      </td>
    </>
  );
}

/** Flags that change how a row is read; the drawer shows all of them. */
const kShownFlags = new Map([
  ['variant', 'another record with the same id says something else'],
  ['damaged', 'the stored record could not be read back whole'],
  ['future', 'the event claims a time after it was received'],
  ['service_made', 'made by an AWS service, not by hand'],
]);

function Api({ event, times = 1 }: { event: EventRow; times?: number }) {
  return (
    <div class="api-cell">
      <span class="dim service">
        <Text of={serviceLabel(event.service)} />
      </span>
      <span class="api">
        <Value filter={['api', event.api ?? '']} />
      </span>
      {times > 1 && <span class="times">×{count(times)}</span>}
      {event.error_code !== null && (
        <span class={`error-code error-${event.outcome}`}>
          <Text of={event.error_code} />
        </span>
      )}
      {event.read_only === false && event.outcome === 'ok' && (
        <span class="tag tag-write" title="a call that changes something">
          write
        </span>
      )}
      {event.flags
        .filter((flag) => kShownFlags.has(flag))
        .map((flag) => (
          <span key={flag} class={`tag${flag === 'service_made' ? '' : ' tag-warn'}`} title={kShownFlags.get(flag)}>
            {flag === 'service_made' ? 'service' : flag}
          </span>
        ))}
    </div>
  );
}

function inside(event: EventRow, marks: Marks | undefined): boolean {
  if (marks === undefined) return false;
  const at_ms = parseInstant(event.event_time);
  return at_ms !== null && at_ms >= marks.from_ms && at_ms < marks.to_ms;
}

function inControl(event: Event): boolean {
  return (event.target as HTMLElement).closest('a, button') !== null;
}

function rowClass(event: EventRow, selected: boolean, marks: Marks | undefined, extra = ''): string {
  return [`row-${event.outcome}`, selected ? 'selected' : '', inside(event, marks) ? 'in-window' : '', extra]
    .filter((one) => one !== '')
    .join(' ');
}

const Single = memo(function Single({ event, chosen, open, marks, nested }: RowProps & { nested: boolean }) {
  return (
    <tr
      data-row={event.event_key}
      tabIndex={chosen ? 0 : -1}
      class={rowClass(event, chosen, marks, nested ? 'nested' : '')}
      aria-current={chosen ? 'true' : undefined}
      onClick={(click) => {
        if (!inControl(click)) open(event.event_key);
      }}
      onKeyDown={(key) => {
        if (key.key === 'Enter' && key.target === key.currentTarget) open(event.event_key);
      }}
    >
      <td class="c-time">
        <Time at={event.event_time} />
      </td>
      <td class="c-match">
        <Matched event={event} />
      </td>
      <td class="c-api">
        <Api event={event} />
      </td>
      <Cells event={event} marks={marks} />
    </tr>
  );
});

function spanOf(one: Fold): string {
  const newest = parseInstant(one.events[0]?.event_time ?? '');
  const oldest = parseInstant(one.events[one.events.length - 1]?.event_time ?? '');
  return newest === null || oldest === null ? '' : formatDuration(newest - oldest);
}

const Folded = memo(function Folded({
  one,
  opened,
  flip,
  selected,
  ...rest
}: {
  one: Fold;
  opened: boolean;
  flip: (id: string) => void;
  selected: string | null;
  open: (key: string) => void;
  marks: Marks | undefined;
}) {
  const newest = one.events[0];
  const oldest = one.events[one.events.length - 1];
  if (newest === undefined || oldest === undefined) return null;
  return (
    <>
      <tr
        data-row={`fold-${one.id}`}
        tabIndex={-1}
        class={rowClass(newest, false, rest.marks, 'fold')}
        onClick={(click) => {
          if (!inControl(click)) flip(one.id);
        }}
        onKeyDown={(key) => {
          if (key.key === 'Enter' && key.target === key.currentTarget) flip(one.id);
        }}
      >
        <td class="c-time">
          <button
            type="button"
            class="fold-button"
            aria-expanded={opened}
            aria-label={`${opened ? 'Close' : 'Open'} ${count(one.events.length)} events`}
            onClick={() => flip(one.id)}
          >
            <Icon name={opened ? 'down' : 'right'} />
          </button>
          <Time at={newest.event_time} />
          <div class="second">
            since <Time at={oldest.event_time} detail="second" /> · {spanOf(one)}
          </div>
        </td>
        <td class="c-match">
          <Matched event={newest} />
        </td>
        <td class="c-api">
          <Api event={newest} times={one.events.length} />
        </td>
        <Cells event={newest} marks={rest.marks} />
      </tr>
      {opened &&
        one.events.map((event) => (
          <Single key={event.event_key} event={event} chosen={event.event_key === selected} nested {...rest} />
        ))}
    </>
  );
});

const kColumns = [
  ['c-api', 'API'],
  ['c-outcome', 'Outcome'],
  ['c-account', 'Account'],
  ['c-region', 'Region'],
  ['c-actor', 'Caller'],
  ['c-key', 'Access key'],
  ['c-ip', 'Source IP'],
  ['c-resource', 'Resource'],
  ['c-agent', 'User agent'],
] as const;

export function EventTable({
  events,
  selected,
  open,
  busy,
  folded,
  caption,
  marks,
}: {
  events: readonly EventRow[];
  selected: string | null;
  open: (event_key: string) => void;
  busy: boolean;
  folded: boolean;
  caption: string;
  marks?: Marks;
}) {
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(() => (folded ? fold(events) : unfolded(events)), [events, folded]);
  const openRow = useStable(open);
  const flip = useStable((id: string): void => {
    const next = new Set(opened);
    if (!next.delete(id)) next.add(id);
    setOpened(next);
  });
  return (
    <table class={`table events${busy ? ' busy' : ''}`} aria-busy={busy}>
      <caption class="offscreen">{caption}</caption>
      <thead>
        <tr>
          <th scope="col" class="c-time">
            Time ({zoneText()})
          </th>
          <th scope="col" class="c-match">
            <span class="offscreen">By or on</span>
          </th>
          {kColumns.map(([name, label]) => (
            <th key={name} scope="col" class={name}>
              {label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((one) => {
          const only = one.events[0];
          return one.events.length === 1 && only !== undefined ? (
            <Single
              key={one.id}
              event={only}
              chosen={only.event_key === selected}
              open={openRow}
              marks={marks}
              nested={false}
            />
          ) : (
            <Folded
              key={one.id}
              one={one}
              opened={opened.has(one.id)}
              flip={flip}
              selected={one.events.some((event) => event.event_key === selected) ? selected : null}
              open={openRow}
              marks={marks}
            />
          );
        })}
      </tbody>
    </table>
  );
}
