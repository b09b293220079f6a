// Instants, ranges and how they read. Pure: the present and the zone are always arguments.

export type Zone = 'utc' | 'local';

const kSecondMs = 1000;
const kMinuteMs = 60 * kSecondMs;
const kHourMs = 60 * kMinuteMs;
export const kDayMs = 24 * kHourMs;

/** A half-open interval in milliseconds; open-ended where null. */
export interface Interval {
  from_ms: number | null;
  to_ms: number | null;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

const kDateTime =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s*(Z|z|UTC|[+-]\d{2}:?\d{2})?$/;

/** Reads RFC 3339 and what people type: "2026-11-20", "2026-11-20 05:12", with or without a zone. */
export function parseInstant(text: string, zone: Zone = 'utc'): number | null {
  const match = kDateTime.exec(text.trim());
  if (match === null) return null;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', suffix] = match;
  const parts = [Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)] as const;
  if (parts[1] > 11 || parts[3] > 23 || parts[4] > 59 || parts[5] > 59) return null;
  const ms = Number(fraction.slice(0, 3).padEnd(3, '0'));
  const asUtc = Date.UTC(...parts, ms);
  if (new Date(asUtc).getUTCDate() !== parts[2]) return null; // 30 February
  if (suffix === undefined) return zone === 'utc' ? asUtc : new Date(...parts, ms).getTime();
  if (suffix === 'Z' || suffix === 'z' || suffix === 'UTC') return asUtc;
  const sign = suffix.startsWith('-') ? -1 : 1;
  const digits = suffix.slice(1).replace(':', '');
  return asUtc - sign * (Number(digits.slice(0, 2)) * kHourMs + Number(digits.slice(2)) * kMinuteMs);
}

/** RFC 3339 in UTC, without a fraction when it is zero: the form that the API takes. */
export function toRfc3339(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

export type Detail = 'day' | 'minute' | 'second' | 'full';

/** "2026-11-20 05:12:33"; `full` keeps the microseconds that the text carries. */
export function formatInstant(instant: string | number, zone: Zone, detail: Detail = 'second'): string {
  const ms = typeof instant === 'number' ? instant : parseInstant(instant);
  if (ms === null) return String(instant);
  const date = new Date(ms);
  const utc = zone === 'utc';
  const year = utc ? date.getUTCFullYear() : date.getFullYear();
  const month = utc ? date.getUTCMonth() : date.getMonth();
  const day = utc ? date.getUTCDate() : date.getDate();
  const dayText = `${String(year).padStart(4, '0')}-${two(month + 1)}-${two(day)}`;
  if (detail === 'day') return dayText;
  const minuteText = `${dayText} ${two(utc ? date.getUTCHours() : date.getHours())}:${two(utc ? date.getUTCMinutes() : date.getMinutes())}`;
  if (detail === 'minute') return minuteText;
  const secondText = `${minuteText}:${two(date.getUTCSeconds())}`;
  if (detail === 'second') return secondText;
  const fraction = typeof instant === 'string' ? /\.(\d+)/.exec(instant)?.[1] : undefined;
  return fraction === undefined ? secondText : `${secondText}.${fraction}`;
}

/** "UTC" or "UTC+02:00". */
export function zoneLabel(zone: Zone, at_ms: number): string {
  if (zone === 'utc') return 'UTC';
  const minutes = -new Date(at_ms).getTimezoneOffset();
  const sign = minutes < 0 ? '-' : '+';
  return `UTC${sign}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
}

/** The two largest units: "45 s", "3 min", "5 h", "2 d". */
export function formatDuration(duration_ms: number): string {
  const ms = Math.abs(duration_ms);
  if (ms < kMinuteMs) return `${Math.floor(ms / kSecondMs)} s`;
  if (ms < kHourMs) return `${Math.floor(ms / kMinuteMs)} min`;
  if (ms < 2 * kDayMs) return `${Math.floor(ms / kHourMs)} h`;
  return `${Math.floor(ms / kDayMs)} d`;
}

export function formatAgo(instant: string, now_ms: number): string {
  const ms = parseInstant(instant);
  if (ms === null) return '';
  const age_ms = now_ms - ms;
  if (Math.abs(age_ms) < kSecondMs) return 'now';
  return age_ms > 0 ? `${formatDuration(age_ms)} ago` : `in ${formatDuration(age_ms)}`;
}

const kUnitMs: Record<string, number> = { m: kMinuteMs, h: kHourMs, d: kDayMs, w: 7 * kDayMs };

/** "24h" as milliseconds; null for what is not a span. */
export function parseSpan(text: string): number | null {
  const match = /^(\d{1,4})([mhdw])$/.exec(text);
  if (match === null) return null;
  const unit_ms = kUnitMs[match[2] ?? ''];
  const value = Number(match[1]);
  return unit_ms === undefined || value === 0 ? null : value * unit_ms;
}

/** What `last`, `from` and `to` of an address mean at this moment. */
export function resolveRange(last: string | null, from: string | null, to: string | null, now_ms: number): Interval {
  if (last !== null) {
    const span_ms = parseSpan(last);
    if (span_ms !== null) return { from_ms: now_ms - span_ms, to_ms: now_ms };
  }
  return {
    from_ms: from === null ? null : parseInstant(from),
    to_ms: to === null ? null : parseInstant(to),
  };
}

/** Widens an interval to whole buckets, so that a brushed range holds the bars that it shows. */
export function snapToBuckets(from_ms: number, to_ms: number, origin_ms: number, bucket_ms: number): [number, number] {
  const first = Math.floor((from_ms - origin_ms) / bucket_ms);
  const last = Math.max(first + 1, Math.ceil((to_ms - origin_ms) / bucket_ms));
  return [origin_ms + first * bucket_ms, origin_ms + last * bucket_ms];
}

/** Overlapping intervals as one, in order: shading drawn twice would read as twice as bad. */
export function mergeIntervals<T extends { from_ms: number; to_ms: number }>(
  intervals: readonly T[],
): { from_ms: number; to_ms: number }[] {
  const out: { from_ms: number; to_ms: number }[] = [];
  for (const { from_ms, to_ms } of [...intervals].sort((a, b) => a.from_ms - b.from_ms)) {
    const last = out[out.length - 1];
    if (last !== undefined && from_ms <= last.to_ms) last.to_ms = Math.max(last.to_ms, to_ms);
    else out.push({ from_ms, to_ms });
  }
  return out;
}

/** The present, rounded up to a whole second so that a half-open range holds what just happened. */
export function ceilSecond(ms: number): number {
  return Math.ceil(ms / kSecondMs) * kSecondMs;
}
