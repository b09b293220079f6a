// Accounts by Regions: when each was last heard, coloured where somebody should look.
import { useState } from 'preact/hooks';
import { kSources, kStatusText, spanText, tellingInstant, together, type Matrix, type MatrixRow } from '../coverage';
import { asOf } from '../state/session';
import { count, visible } from '../text';
import { formatAgo, formatDuration, parseInstant } from '../time';
import type { CoverageCell } from '../types';
import { Text } from './basics';
import { Value } from './value';

const kShownRows = 40;

function ageText(at: string | null): string {
  const ms = at === null ? null : parseInstant(at);
  return ms === null ? '–' : formatDuration(Math.max(0, asOf.value - ms));
}

/** One mark a source, in the order of kSources, so that the same place means the same source in every cell. */
function Pips({ cells, sources }: { cells: readonly CoverageCell[]; sources: readonly string[] }) {
  return (
    <span class="pips" aria-hidden="true">
      {sources.map((name) => {
        const cell = cells.find((one) => one.source === name);
        return <span key={name} class={`pip pip-${cell?.status ?? 'none'}`} />;
      })}
    </span>
  );
}

function describe(row: MatrixRow, region: string, cells: readonly CoverageCell[]): string {
  const who = visible(row.account.account_name ?? row.account.account_id);
  const what = cells.map((one) => {
    const source = kSources.find((known) => known.name === one.source)?.label ?? one.source;
    const last = one.last_at === null ? '' : `, last record ${formatAgo(one.last_at, asOf.value)}`;
    return `${source} ${kStatusText[one.status]}${last}`;
  });
  return `${who}, ${visible(region === '' ? 'no Region' : region)}: ${what.join('; ')}`;
}

function Cell({
  row,
  region,
  sources,
  selected,
  open,
}: {
  row: MatrixRow;
  region: string;
  sources: readonly string[];
  selected: string | null;
  open: (id: string) => void;
}) {
  const cells = row.cells.get(region);
  if (cells === undefined)
    return (
      <td class="cover-cell">
        <span class="none" aria-label="never heard here" title="never heard here">
          ·
        </span>
      </td>
    );
  const id = `${row.account.account_id}/${region}`;
  const age = ageText(tellingInstant(cells));
  const p50_seconds = sources.length === 1 ? (cells[0]?.lag.p50_seconds ?? null) : null;
  const lag = p50_seconds === null ? '' : ` lag ${spanText(p50_seconds)}`;
  // Begins with what is seen, so that it can be spoken to.
  const text = `${age}${lag}, ${describe(row, region, cells)}`;
  return (
    <td class="cover-cell">
      <button
        type="button"
        class={`cover cover-${together(cells)}${id === selected ? ' cover-selected' : ''}`}
        aria-label={text}
        aria-pressed={id === selected}
        title={text}
        data-cell={id}
        onClick={() => open(id)}
      >
        <span class="cover-age">{age}</span>{' '}
        {sources.length > 1 ? (
          <Pips cells={cells} sources={sources} />
        ) : (
          <span class="cover-lag">{lag.trim()}</span>
        )}
      </button>
    </td>
  );
}

function Heard({ at, what }: { at: string | null; what: string }) {
  return at === null ? (
    <span class="none" title={`no ${what} from this account yet`}>
      none yet
    </span>
  ) : (
    <span title={`the last ${what}: ${at}`}>{ageText(at)}</span>
  );
}

function AccountHead({ row, open }: { row: MatrixRow; open: (id: string) => void }) {
  const { account } = row;
  return (
    <th scope="row">
      <div class="cover-account">
        <Value entity={{ kind: 'account', key: account.account_id, name: account.account_name }} />
        {!account.registered && <span class="tag">not registered</span>}
        {!account.active && <span class="tag">closed</span>}
      </div>
      {row.cells.has('') ? (
        <button
          type="button"
          class="cover-never"
          data-cell={`${account.account_id}/`}
          onClick={() => open(`${account.account_id}/`)}
        >
          CloudTrail never heard
        </button>
      ) : (
        account.account_name !== null && (
          <div class="second mono">
            <Text of={account.account_id} />
          </div>
        )
      )}
    </th>
  );
}

export function CoverageMatrix({
  matrix,
  sources,
  selected,
  open,
}: {
  matrix: Matrix;
  /** The sources that the cells speak of. */
  sources: readonly string[];
  selected: string | null;
  open: (id: string) => void;
}) {
  const [all, setAll] = useState(false);
  const rows = all ? matrix.rows : matrix.rows.slice(0, kShownRows);
  return (
    <>
      <div class="table-box" tabIndex={0} role="group" aria-label="Accounts by Region, table">
        <table class="table cover-table">
          <caption class="offscreen">When each account and Region was last heard, the worst first</caption>
          <thead>
            <tr>
              <th scope="col">Account</th>
              <th scope="col" class="c-heard" title="the last CloudTrail data event of the account">
                Data events
              </th>
              <th scope="col" class="c-heard" title="the last finding or notice of GuardDuty for the account">
                Detector
              </th>
              {matrix.regions.map((region) => (
                <th key={region} scope="col" class="cover-head">
                  <Text of={region} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.account.account_id} class={`cover-row-${row.status}`}>
                <AccountHead row={row} open={open} />
                <td class="nowrap">
                  <Heard at={row.account.data_events_at} what="data event" />
                </td>
                <td class="nowrap">
                  <Heard at={row.account.detector_at} what="finding or notice of GuardDuty" />
                </td>
                {matrix.regions.map((region) => (
                  <Cell key={region} row={row} region={region} sources={sources} selected={selected} open={open} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {matrix.rows.length > kShownRows && (
        <footer class="list-foot">
          <button type="button" class="button" onClick={() => setAll(!all)}>
            {all ? 'Fewer accounts' : `All ${count(matrix.rows.length)} accounts`}
          </button>
        </footer>
      )}
    </>
  );
}
