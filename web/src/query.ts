// From the parameters of an address to the parameters of a request. Pure: `as_of_ms` stands for the present,
// so that every request of one view covers the same interval and the figures agree.
import { get, kActivityFilters, kFindingFilters, keep, type Param } from './state/url';
import { kDayMs, resolveRange, toRfc3339, type Interval } from './time';

export const kDefaultActivitySpan = '24h';
export const kDefaultOverviewSpan = '14d';

export function intervalOf(params: readonly Param[], fallback: string | null, as_of_ms: number): Interval {
  const from = get(params, 'from');
  const to = get(params, 'to');
  const last = get(params, 'last') ?? (from === null && to === null ? fallback : null);
  return resolveRange(last, from, to, as_of_ms);
}

export function intervalParams(interval: Interval): Param[] {
  const out: Param[] = [];
  if (interval.from_ms !== null) out.push(['from', toRfc3339(interval.from_ms)]);
  if (interval.to_ms !== null) out.push(['to', toRfc3339(interval.to_ms)]);
  return out;
}

const kLongest_ms = 90 * kDayMs;

/** Both ends, for questions that have no open one: until now, and 90 days back. */
export function closedInterval(params: readonly Param[], fallback: string, as_of_ms: number): Interval {
  const { from_ms, to_ms } = intervalOf(params, fallback, as_of_ms);
  const end_ms = to_ms ?? as_of_ms;
  return { from_ms: from_ms ?? end_ms - kLongest_ms, to_ms: end_ms };
}

/** Without a range in the address the queue shows all that is kept. */
export function findingParams(params: readonly Param[], as_of_ms: number): Param[] {
  return [...keep(params, kFindingFilters), ...intervalParams(intervalOf(params, null, as_of_ms))];
}

export function activityParams(params: readonly Param[], as_of_ms: number): Param[] {
  const direction = get(params, 'direction');
  return [
    ...keep(params, kActivityFilters),
    ...(direction === 'by' || direction === 'on' ? [['direction', direction] as const] : []),
    ...intervalParams(closedInterval(params, kDefaultActivitySpan, as_of_ms)),
  ];
}

export function summaryParams(params: readonly Param[], as_of_ms: number): Param[] {
  return intervalParams(closedInterval(params, kDefaultOverviewSpan, as_of_ms));
}

export interface FindingRange {
  name: string;
  label: string;
  hint: string;
}

/** The presets beside a finding: around it, and until now. */
export const kFindingRanges: readonly FindingRange[] = [
  { name: 'scope', label: 'Finding', hint: 'an hour before the first sighting to a day after the last' },
  { name: 'hour', label: '± 1 hour', hint: 'an hour before the finding to an hour after it' },
  { name: 'day', label: '± 1 day', hint: 'a day before the finding to a day after it' },
  { name: '1h', label: 'Last hour', hint: 'the last hour until now' },
  { name: '24h', label: 'Last day', hint: 'the last 24 hours until now' },
  { name: '7d', label: '7 days', hint: 'the last 7 days until now' },
  { name: '90d', label: '90 days', hint: 'the last 90 days until now' },
];

export function findingInterval(
  range: string,
  scope: { from_ms: number; to_ms: number; window_from_ms: number; window_to_ms: number },
  as_of_ms: number,
): Interval {
  const around = { hour: 3_600_000, day: 86_400_000 }[range];
  if (around !== undefined) {
    return {
      from_ms: scope.window_from_ms - around,
      to_ms: Math.min(scope.window_to_ms + around, Math.max(as_of_ms, scope.window_to_ms)),
    };
  }
  if (range === 'scope') return { from_ms: scope.from_ms, to_ms: scope.to_ms };
  return resolveRange(range, null, null, as_of_ms);
}
