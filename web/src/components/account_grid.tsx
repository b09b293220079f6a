// Accounts by Regions: the number of open findings, tinted by the highest severity. Each cell links to its list.
import { useState } from 'preact/hooks';
import { link, type Param } from '../state/url';
import { count, plural, visible } from '../text';
import type { AccountRegion, SeverityLabel } from '../types';
import { Text } from './basics';
import { Empty } from './states';
import { Value } from './value';

const kRank: Record<SeverityLabel, number> = { critical: 5, high: 4, medium: 3, low: 2, informational: 1, unknown: 0 };
const kShownRows = 16;

interface Row {
  account_id: string;
  account_name: string | null;
  open: number;
  rank: number;
  cells: Map<string, AccountRegion>;
}

export function gridOf(cells: readonly AccountRegion[]): { rows: Row[]; regions: string[] } {
  const rows = new Map<string, Row>();
  const openByRegion = new Map<string, number>();
  for (const cell of cells) {
    const region = cell.region ?? '';
    const row = rows.get(cell.account_id) ?? {
      account_id: cell.account_id,
      account_name: cell.account_name,
      open: 0,
      rank: -1,
      cells: new Map(),
    };
    row.open += cell.open;
    row.rank = Math.max(row.rank, cell.open > 0 ? (kRank[cell.highest] ?? 0) : -1);
    row.cells.set(region, cell);
    rows.set(cell.account_id, row);
    openByRegion.set(region, (openByRegion.get(region) ?? 0) + cell.open);
  }
  return {
    rows: [...rows.values()].sort(
      (a, b) => b.rank - a.rank || b.open - a.open || a.account_id.localeCompare(b.account_id),
    ),
    regions: [...openByRegion].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([region]) => region),
  };
}

function Cell({ cell, time }: { cell: AccountRegion | undefined; time: readonly Param[] }) {
  if (cell === undefined)
    return (
      <td class="grid-cell grid-none">
        <span aria-label="no findings">·</span>
      </td>
    );
  const filter: Param[] = [
    ['account_id', cell.account_id],
    ['region', cell.region ?? ''],
    ...(cell.open > 0 ? [['open', 'true'] as const] : []),
    ...time,
  ];
  const title = `${visible(cell.account_name ?? cell.account_id)}, ${visible(cell.region ?? 'no Region')}: ${count(cell.open)} open of ${plural(cell.findings, 'finding')}, highest ${cell.highest}`;
  return (
    <td class="grid-cell">
      <a
        class={`grid-link ${cell.open > 0 ? `tint-${cell.highest}` : 'tint-none'}`}
        href={link('findings', filter)}
        title={title}
        aria-label={title}
        data-open={cell.open}
        data-findings={cell.findings}
      >
        {count(cell.open)}
      </a>
    </td>
  );
}

export function AccountGrid({ cells, time }: { cells: readonly AccountRegion[]; time: readonly Param[] }) {
  const [all, setAll] = useState(false);
  const { rows, regions } = gridOf(cells);
  if (rows.length === 0)
    return (
      <Empty title="No findings in any account">
        Accounts that send nothing are listed under{' '}
        <a class="link" href={link('accounts')}>
          Accounts
        </a>
        .
      </Empty>
    );
  const shown = all ? rows : rows.slice(0, kShownRows);
  return (
    <>
      <div class="table-box" tabIndex={0} role="group" aria-label="Accounts by Region">
        <table class="table grid">
          <caption class="offscreen">Open findings by account and Region</caption>
          <thead>
            <tr>
              <th scope="col">Account</th>
              {regions.map((region) => (
                <th key={region} scope="col" class="grid-head">
                  <Text of={region === '' ? 'none' : region} />
                </th>
              ))}
              <th scope="col" class="number">
                Open
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={row.account_id}>
                <th scope="row">
                  <Value entity={{ kind: 'account', key: row.account_id, name: row.account_name }} />{' '}
                  <span class="dim mono">{row.account_name === null ? '' : row.account_id}</span>
                </th>
                {regions.map((region) => (
                  <Cell key={region} cell={row.cells.get(region)} time={time} />
                ))}
                <td class="number">
                  <a
                    class="link strong"
                    href={link('findings', [['account_id', row.account_id], ['open', 'true'], ...time])}
                  >
                    {count(row.open)}
                  </a>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > kShownRows && (
        <footer class="list-foot">
          <button type="button" class="button" onClick={() => setAll(!all)}>
            {all ? 'Fewer accounts' : `All ${count(rows.length)} accounts`}
          </button>
        </footer>
      )}
    </>
  );
}
