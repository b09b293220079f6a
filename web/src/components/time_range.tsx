// The time range of a view: presets that follow the present, or two instants. Half-open, in the chosen zone.
import { useState } from 'preact/hooks';
import { place, setParams } from '../state/router';
import { zone } from '../state/prefs';
import { asOf } from '../state/session';
import { get, setMany } from '../state/url';
import { formatInstant, parseInstant, parseSpan, resolveRange, toRfc3339 } from '../time';
import { zoneText } from './basics';
import { Icon } from './icon';
import { Popover } from './popover';

const kPresets: readonly [last: string, text: string][] = [
  ['1h', 'Last hour'],
  ['24h', 'Last 24 hours'],
  ['7d', 'Last 7 days'],
  ['14d', 'Last 14 days'],
  ['30d', 'Last 30 days'],
  ['90d', 'Last 90 days'],
];

export function spanText(last: string): string {
  const preset = kPresets.find(([name]) => name === last);
  return preset?.[1] ?? `Last ${last}`;
}

/** Without seconds where both ends fall on whole minutes. */
export function intervalText(from_ms: number | null, to_ms: number | null): string {
  const whole = [from_ms, to_ms].every((ms) => ms === null || ms % 60_000 === 0);
  const detail = whole ? 'minute' : 'second';
  const from = from_ms === null ? '…' : formatInstant(from_ms, zone.value, detail);
  const to = to_ms === null ? 'now' : formatInstant(to_ms, zone.value, detail);
  return `${from} – ${from.slice(0, 10) === to.slice(0, 10) ? to.slice(11) : to}`;
}

function Absolute({ from_ms, to_ms, done }: { from_ms: number | null; to_ms: number | null; done: () => void }) {
  const write = (ms: number | null): string => (ms === null ? '' : formatInstant(ms, zone.value));
  const [from, setFrom] = useState(write(from_ms));
  const [to, setTo] = useState(write(to_ms));
  const read = (text: string): number | null => (text.trim() === '' ? null : parseInstant(text, zone.value));
  const bad = (text: string): boolean => text.trim() !== '' && read(text) === null;
  const first = read(from);
  const last = read(to);
  const reversed = first !== null && last !== null && first >= last;
  const message =
    bad(from) || bad(to)
      ? 'Write times as 2026-11-20 05:12:33.'
      : reversed
        ? 'The start has to lie before the end.'
        : '';
  const apply = (event: Event): void => {
    event.preventDefault();
    if (message !== '') return;
    setParams(
      setMany(place.value.params, {
        last: null,
        range: null,
        from: first === null ? null : toRfc3339(first),
        to: last === null ? null : toRfc3339(last),
      }),
    );
    done();
  };
  return (
    <form class="range-form" onSubmit={apply}>
      <label>
        From ({zoneText()})
        <input
          class="input mono"
          value={from}
          placeholder="2026-11-20 05:00"
          aria-invalid={bad(from)}
          onInput={(event) => setFrom(event.currentTarget.value)}
        />
      </label>
      <label>
        To, exclusive
        <input
          class="input mono"
          value={to}
          placeholder="now"
          aria-invalid={bad(to)}
          onInput={(event) => setTo(event.currentTarget.value)}
        />
      </label>
      <p class="form-message" role="status">
        {message}
      </p>
      <button type="submit" class="button primary" disabled={message !== ''}>
        Apply
      </button>
    </form>
  );
}

export function TimeRange({ fallback, all = false }: { fallback: string | null; all?: boolean }) {
  const params = place.value.params;
  const from = get(params, 'from');
  const to = get(params, 'to');
  const last = get(params, 'last') ?? (from === null && to === null ? fallback : null);
  const valid = last !== null && parseSpan(last) !== null;
  const interval = resolveRange(last, from, to, asOf.value);
  const text = valid
    ? spanText(last)
    : interval.from_ms === null && interval.to_ms === null
      ? 'Any time'
      : intervalText(interval.from_ms, interval.to_ms);
  const choose = (next: string | null): void =>
    setParams(setMany(params, { last: next, from: null, to: null, range: null }));
  return (
    <Popover
      label="Time range"
      class="range-button"
      button={
        <>
          <Icon name="clock" />
          <span>{text}</span>
          <span class="zone-tag">{zone.value === 'utc' ? 'UTC' : 'local'}</span>
        </>
      }
    >
      {(close) => (
        <div class="range">
          <ul class="range-presets">
            {all && (
              <li>
                <button
                  type="button"
                  class="menu-item"
                  aria-pressed={last === null && from === null && to === null}
                  onClick={() => {
                    choose(null);
                    close();
                  }}
                >
                  Any time
                </button>
              </li>
            )}
            {kPresets.map(([name, label]) => (
              <li key={name}>
                <button
                  type="button"
                  class="menu-item"
                  aria-pressed={last === name}
                  onClick={() => {
                    choose(name === fallback ? null : name);
                    close();
                  }}
                >
                  {label}
                </button>
              </li>
            ))}
          </ul>
          <Absolute from_ms={interval.from_ms} to_ms={interval.to_ms} done={close} />
        </div>
      )}
    </Popover>
  );
}
