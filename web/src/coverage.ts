// Coverage as the page shows it: a matrix of accounts and Regions, what needs somebody first. Pure.
import type { CoverageAccount, CoverageAnswer, CoverageCell, CoverageSource, CoverageStatus } from './types';

export interface SourceName {
  name: CoverageSource;
  label: string;
  hint: string;
}

export const kSources: readonly SourceName[] = [
  { name: 'cloudtrail_management', label: 'CloudTrail', hint: 'CloudTrail management events' },
  { name: 'cloudtrail_data', label: 'Data events', hint: 'CloudTrail data events' },
  { name: 'cloudtrail_insight', label: 'Insights', hint: 'CloudTrail Insights' },
  { name: 'cloudtrail_network_activity', label: 'Network', hint: 'CloudTrail network activity events' },
  { name: 'guardduty', label: 'GuardDuty', hint: 'GuardDuty findings, by any route' },
  { name: 'security_hub', label: 'Security Hub', hint: 'findings of Security Hub itself' },
  { name: 'other_product', label: 'Other products', hint: 'findings of every other product' },
  { name: 'heartbeat', label: 'Heartbeats', hint: 'scheduled events, sent to be missed' },
  { name: 'notice', label: 'Notices', hint: 'other operational messages of AWS services' },
];

export function sourceOf(name: string): SourceName | undefined {
  return kSources.find((one) => one.name === name);
}

/** The best first: a larger place is worse. */
export const kStatuses: readonly CoverageStatus[] = ['ok', 'quiet', 'late', 'never', 'silent'];

export const kStatusText: Record<CoverageStatus, string> = {
  ok: 'in rhythm',
  quiet: 'quiet',
  late: 'late',
  never: 'never heard',
  silent: 'silent',
};

export const kStatusHint: Record<CoverageStatus, string> = {
  ok: 'heard within its usual rhythm',
  quiet: 'heard before, but never in a rhythm: nothing is expected',
  late: 'one and a half of its usual pauses have gone by',
  never: 'registered, and nothing ever came',
  silent: 'two of its usual pauses have gone by: somebody should look',
};

export function needsSomebody(status: CoverageStatus): boolean {
  return status === 'silent' || status === 'never' || status === 'late';
}

export function worst(cells: readonly CoverageCell[]): CoverageStatus | undefined {
  let at = -1;
  for (const cell of cells) at = Math.max(at, kStatuses.indexOf(cell.status));
  return kStatuses[at];
}

/** The newest of RFC 3339 instants of one form. */
export function newest(instants: readonly (string | null)[]): string | null {
  let found: string | null = null;
  for (const one of instants) if (one !== null && (found === null || one > found)) found = one;
  return found;
}

/** The instant that a cell of several sources is read by: of the worst one when somebody should look, else the newest. */
export function tellingInstant(cells: readonly CoverageCell[]): string | null {
  const status = together(cells);
  if (!needsSomebody(status)) return newest(cells.map((one) => one.last_at));
  const instants = cells.filter((one) => one.status === status).map((one) => one.last_at ?? '');
  const oldest = instants.sort()[0] ?? '';
  return oldest === '' ? null : oldest;
}

export function countByStatus(cells: readonly CoverageCell[]): Record<CoverageStatus, number> {
  const counts: Record<CoverageStatus, number> = { ok: 0, quiet: 0, late: 0, never: 0, silent: 0 };
  for (const cell of cells) counts[cell.status] += 1;
  return counts;
}

export interface MatrixRow {
  account: CoverageAccount;
  status: CoverageStatus;
  /** By Region; '' is the account as a whole. */
  cells: Map<string, CoverageCell[]>;
}

export interface Matrix {
  rows: MatrixRow[];
  regions: string[];
}

/** Rows and columns with the worst first. Accounts without a cell stay when `all` is set: silence is the point. */
export function matrixOf(accounts: readonly CoverageAccount[], cells: readonly CoverageCell[], all: boolean): Matrix {
  const rows = new Map<string, MatrixRow>();
  if (all) for (const account of accounts) rows.set(account.account_id, { account, status: 'quiet', cells: new Map() });
  const byId = new Map(accounts.map((one) => [one.account_id, one]));
  const weight = new Map<string, number>();
  for (const cell of cells) {
    const account = byId.get(cell.account_id);
    if (account === undefined) continue;
    const row = rows.get(cell.account_id) ?? { account, status: 'quiet', cells: new Map<string, CoverageCell[]>() };
    const region = cell.region ?? '';
    row.cells.set(region, [...(row.cells.get(region) ?? []), cell]);
    rows.set(cell.account_id, row);
    if (cell.region !== null) weight.set(region, (weight.get(region) ?? 0) + 1);
  }
  for (const row of rows.values()) row.status = together([...row.cells.values()].flat());
  const rank = (row: MatrixRow): number => kStatuses.indexOf(row.status);
  const name = (row: MatrixRow): string => row.account.account_name ?? row.account.account_id;
  return {
    rows: [...rows.values()].sort((a, b) => rank(b) - rank(a) || name(a).localeCompare(name(b))),
    regions: [...weight].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([region]) => region),
  };
}

/** The state of several cells as one: what is quiet says nothing bad about what is heard elsewhere. */
export function together(cells: readonly CoverageCell[]): CoverageStatus {
  return worst(cells.filter((one) => one.status !== 'quiet')) ?? 'quiet';
}

/** Active hours per day of the window: 24 flags a day. */
export function hoursOf(text: string): boolean[][] {
  const days: boolean[][] = [];
  for (let at = 0; at + 6 <= text.length; at += 6) {
    const bits = Number.parseInt(text.slice(at, at + 6), 16);
    days.push(Array.from({ length: 24 }, (_, hour) => (bits >> hour) % 2 === 1));
  }
  return days;
}

/** "5 s", "3 min", "2 h", "4 d"; bounds of buckets, so they are whole. */
export function spanText(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${round(seconds / 60)} min`;
  if (seconds < 2 * 86_400) return `${round(seconds / 3600)} h`;
  return `${round(seconds / 86_400)} d`;
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** The largest p99 of the cells, with the cell that has it. */
export function slowest(cells: readonly CoverageCell[]): CoverageCell | undefined {
  let found: CoverageCell | undefined;
  for (const cell of cells)
    if ((cell.lag.p99_seconds ?? -1) > (found?.lag.p99_seconds ?? -1)) found = cell;
  return found;
}

/** The sources of one account and Region: those that somebody should look at first, then in the order of kSources. */
export function selectionOf(answer: CoverageAnswer, selected: string | null): CoverageCell[] {
  if (selected === null) return [];
  const slash = selected.indexOf('/');
  const account_id = slash < 0 ? selected : selected.slice(0, slash);
  const region = slash < 0 ? '' : selected.slice(slash + 1);
  const place = (cell: CoverageCell): number =>
    kSources.findIndex((one) => one.name === cell.source) -
    (needsSomebody(cell.status) ? kSources.length * (1 + kStatuses.indexOf(cell.status)) : 0);
  return answer.cells
    .filter((one) => one.account_id === account_id && (one.region ?? '') === region)
    .sort((a, b) => place(a) - place(b));
}
