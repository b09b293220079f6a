// What arrived and could not be stored: kept with its bytes, its reason and where it came from.
import { useEffect, useState } from 'preact/hooks';
import { apiPath, postAction } from '../api';
import { announce } from '../clipboard';
import { Alerts } from '../components/alerts';
import { Text, Time, zoneText } from '../components/basics';
import { Drawer } from '../components/drawer';
import { FactList, FactRow } from '../components/facts';
import { FilterBar, type Field } from '../components/filter_bar';
import { JsonView } from '../components/json_view';
import { Popover } from '../components/popover';
import { Empty, ProblemBox, Skeleton } from '../components/states';
import { TimeRange } from '../components/time_range';
import { Value } from '../components/value';
import { intervalOf, intervalParams } from '../query';
import { usePages } from '../state/pages';
import { toProblem, useText } from '../state/resource';
import { place, restoreScroll, setParams } from '../state/router';
import { asOf, refresh, session } from '../state/session';
import { get, keep, set, type Param } from '../state/url';
import { bytes, count, plural } from '../text';
import type { Problem, QuarantinePage, QuarantineRow, Replay } from '../types';

const kFilters = ['reason', 'account_id', 'door', 'key_id'];
const kStates: readonly [state: string | null, label: string][] = [
  [null, 'Open'],
  ['resolved', 'Replayed'],
  ['all', 'All'],
];
const kPageRows = 100;

function replayText(done: Replay): string {
  const parts = [plural(done.resolved, 'record') + ' stored'];
  if (done.still_quarantined > 0) parts.push(`${count(done.still_quarantined)} still not understood`);
  if (done.failed > 0) parts.push(`${count(done.failed)} failed`);
  if (done.remaining > 0) parts.push(`${count(done.remaining)} not tried yet`);
  return parts.join(', ');
}

/** Only who may change something is offered it. */
function mayReplay(): boolean {
  return session.value.kind === 'signed_in' && session.value.session.role === 'administrator';
}

interface Replaying {
  busy: boolean;
  outcome: string;
  problem: Problem | undefined;
  run: () => Promise<void>;
}

function useReplay(path: string): Replaying {
  const [state, setState] = useState<{ busy: boolean; outcome: string; problem: Problem | undefined }>({
    busy: false,
    outcome: '',
    problem: undefined,
  });
  const run = async (): Promise<void> => {
    setState({ busy: true, outcome: '', problem: undefined });
    try {
      const done = await postAction<Replay>(path);
      const outcome = replayText(done);
      setState({ busy: false, outcome, problem: undefined });
      announce(outcome);
      refresh();
    } catch (error) {
      setState({ busy: false, outcome: '', problem: toProblem(error) });
    }
  };
  return { ...state, run };
}

function ReplayOne({ id }: { id: string }) {
  const replay = useReplay(apiPath(['quarantine', id, 'replay']));
  if (!mayReplay()) return null;
  return (
    <div class="replay">
      <button
        type="button"
        class="button"
        disabled={replay.busy}
        data-replay="one"
        title="the exact bytes go through ingest again, with the rights of the key that sent them"
        onClick={() => void replay.run()}
      >
        {replay.busy ? 'Replaying…' : 'Replay this record'}
      </button>
      <span role="status" class="dim">
        {replay.outcome}
      </span>
      {replay.problem !== undefined && <ProblemBox problem={replay.problem} />}
    </div>
  );
}

function ReplayAll({ filter, total }: { filter: readonly Param[]; total: number }) {
  const replay = useReplay(apiPath(['quarantine', 'replay'], filter));
  if (!mayReplay() || total === 0) return null;
  return (
    <Popover label="Replay the records of this list" align="right" button={<span data-replay="all">Replay all…</span>}>
      {(close) => (
        <div class="replay-all">
          <p>
            Hand in {plural(total, 'record')} again, with the rights of the keys that sent {total === 1 ? 'it' : 'them'}?
            What is understood now is stored; the rest stays here.
          </p>
          <div class="replay">
            <button
              type="button"
              class="button primary"
              disabled={replay.busy}
              onClick={() => void replay.run().then(() => undefined)}
            >
              {replay.busy ? 'Replaying…' : `Replay ${count(total)}`}
            </button>
            <button type="button" class="button ghost" onClick={close}>
              Close
            </button>
          </div>
          <p role="status">{replay.outcome}</p>
          {replay.problem !== undefined && <ProblemBox problem={replay.problem} />}
        </div>
      )}
    </Popover>
  );
}

function Item({ row, close }: { row: QuarantineRow; close: () => void }) {
  const id = String(row.quarantine_id);
  const raw = useText(apiPath(['quarantine', id, 'raw']));
  return (
    <Drawer
      label="Quarantined record"
      subject={id}
      close={close}
      head={
        <strong>
          <Text of={row.reason} />
        </strong>
      }
    >
      <FactList>
        <FactRow label="Detail" value={row.detail} />
        <FactRow label="What to do" value={row.advice} copy="" />
        <FactRow label="Meant to be" value={row.kind === 'unknown' ? null : row.kind} copy="" />
        <FactRow label="Received" copy={row.received_at}>
          <Time at={row.received_at} detail="full" />
        </FactRow>
        <FactRow label="Account" value={row.account_id} />
        <FactRow label="Door" value={row.door} copy="" />
        <FactRow label="Key" value={row.key_id} />
        <FactRow label="Origin" value={row.origin} />
        <FactRow label="Position" value={row.position} copy="" />
        <FactRow label="Size" value={bytes(row.bytes)} copy="" />
        <FactRow label="SHA-256" copy={row.sha256}>
          <span class="mono">
            <Text of={row.sha256} />
          </span>
        </FactRow>
      </FactList>
      <FactList>
        <FactRow label="Parser" value={row.parser_version} copy="" />
        {row.tries > 0 && (
          <FactRow label="Replayed" copy="">
            {plural(row.tries, 'time')}, last <Time at={row.last_tried_at} />
          </FactRow>
        )}
        {row.resolved_at != null && (
          <FactRow label="Resolved" copy={row.resolved_at}>
            <Time at={row.resolved_at} />
          </FactRow>
        )}
      </FactList>
      {row.resolved_at == null && <ReplayOne id={id} />}
      <h2 class="drawer-section">Raw bytes</h2>
      {raw.problem !== undefined && <ProblemBox problem={raw.problem} retry={raw.reload} />}
      {raw.data === undefined ? (
        raw.problem === undefined && <Skeleton rows={8} label="Loading the bytes" />
      ) : (
        <JsonView key={id} text={raw.data} label="raw bytes" />
      )}
    </Drawer>
  );
}

export function Quarantine() {
  const params = place.value.params;
  const state = kStates.find(([name]) => name === get(params, 'state'))?.[0] ?? null;
  const filter: Param[] = [...keep(params, kFilters), ...intervalParams(intervalOf(params, null, asOf.value))];
  const list = usePages<QuarantinePage>(
    apiPath(
      ['quarantine'],
      [...filter, ...(state === null ? [] : [['state', state] as const]), ['limit', String(kPageRows)]],
    ),
  );
  const rows = list.pages.flatMap((page) => page.quarantine);
  const selected = get(params, 'sel');
  const chosen = rows.find((one) => String(one.quarantine_id) === selected);
  const fields: Field[] = [
    { name: 'reason', label: 'Reason', values: [...new Set(rows.map((one) => one.reason))], plain: true },
    {
      name: 'account_id',
      label: 'Account',
      values: [...new Set(rows.map((one) => one.account_id ?? ''))].filter((one) => one !== ''),
      plain: true,
    },
    { name: 'door', label: 'Door', values: [...new Set(rows.map((one) => one.door))], plain: true },
    {
      name: 'key_id',
      label: 'Key',
      values: [...new Set(rows.map((one) => one.key_id ?? 'none'))],
      plain: true,
    },
  ];
  useEffect(() => {
    if (!list.loading && list.pages.length > 0) restoreScroll();
  }, [list.loading, list.pages.length]);
  const open = (id: string): void =>
    setParams(set(place.value.params, 'sel', id), selected === null ? 'push' : 'replace');
  return (
    <div class="page">
      <header class="page-head">
        <h1>Quarantine</h1>
        <FilterBar fields={fields} names={kFilters} range={<TimeRange fallback={null} all />} />
      </header>
      <Alerts />
      <div class="split no-facets">
        <section class="list" aria-label="Quarantined records">
          <div class="list-head">
            <p class="list-total" role="status" data-total={list.total ?? ''}>
              {list.total === undefined ? (
                list.problem === undefined ? (
                  'Counting…'
                ) : (
                  'No answer'
                )
              ) : (
                <>
                  <b>{count(list.total)}</b> {list.total === 1 ? 'record' : 'records'}{' '}
                  {state === 'resolved' ? 'understood since' : 'kept aside'}
                </>
              )}
            </p>
            <div class="list-tools">
              <div class="segmented" role="group" aria-label="State">
                {kStates.map(([name, label]) => (
                  <button
                    key={label}
                    type="button"
                    aria-pressed={state === name}
                    onClick={() => setParams(set(params, 'state', name))}
                  >
                    {label}
                  </button>
                ))}
              </div>
              {state === null && <ReplayAll filter={filter} total={list.total ?? 0} />}
            </div>
          </div>
          {list.problem !== undefined && <ProblemBox problem={list.problem} retry={list.reload} />}
          {list.pages.length === 0 && list.problem === undefined && (
            <Skeleton rows={10} label="Loading the quarantine" />
          )}
          {list.total === 0 && !list.loading && (
            <Empty title={state === 'resolved' ? 'Nothing was replayed with success' : 'Nothing is in quarantine'}>
              {state === 'resolved'
                ? 'Records that a replay could store are listed here.'
                : 'Everything that arrived in this range was understood and stored.'}
            </Empty>
          )}
          {rows.length > 0 && (
            <div class="table-box" tabIndex={0} role="group" aria-label="Quarantined records, table">
              <table class={`table quarantine${list.loading ? ' busy' : ''}`}>
                <caption class="offscreen">Quarantined records, newest first</caption>
                <thead>
                  <tr>
                    <th scope="col" class="c-seen">
                      Received ({zoneText()})
                    </th>
                    <th scope="col" class="c-reason">
                      Reason
                    </th>
                    <th scope="col">Detail</th>
                    <th scope="col" class="c-account">
                      Account
                    </th>
                    <th scope="col" class="c-origin">
                      Origin
                    </th>
                    <th scope="col" class="c-size number">
                      Size
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {rows.map((one) => {
                    const id = String(one.quarantine_id);
                    const here = id === selected;
                    return (
                      <tr
                        key={id}
                        data-row={id}
                        tabIndex={here ? 0 : -1}
                        class={here ? 'selected' : ''}
                        aria-current={here ? 'true' : undefined}
                        onClick={(event) => {
                          if ((event.target as HTMLElement).closest('a, button') === null) open(id);
                        }}
                        onKeyDown={(event) => {
                          if (event.key === 'Enter' && event.target === event.currentTarget) open(id);
                        }}
                      >
                        <td>
                          <Time at={one.received_at} />
                        </td>
                        <td>
                          <Value filter={['reason', one.reason]} />
                          {one.resolved_at != null && <span class="tag">stored since</span>}
                        </td>
                        <td>
                          <button type="button" class="link" onClick={() => open(id)}>
                            <Text of={one.detail ?? 'Show the bytes'} />
                          </button>
                        </td>
                        <td class="mono">
                          <Text of={one.account_id} />
                        </td>
                        <td>
                          <Text of={one.origin} />
                          {one.position !== null && <span class="dim"> #{one.position}</span>}
                        </td>
                        <td class="number">{bytes(one.bytes)}</td>
                      </tr>
                    );
                  })}
                </tbody>
              </table>
            </div>
          )}
          {rows.length > 0 && (
            <footer class="list-foot">
              {!list.done && (
                <button type="button" class="button" disabled={list.loadingMore} onClick={list.more}>
                  {list.loadingMore ? 'Loading…' : 'Load more'}
                </button>
              )}
              <span class="dim">
                {count(rows.length)} of {plural(list.total ?? 0, 'record')} shown
              </span>
            </footer>
          )}
        </section>
        {chosen !== undefined && (
          <Item
            key={String(chosen.quarantine_id)}
            row={chosen}
            close={() => setParams(set(place.value.params, 'sel', null), 'replace')}
          />
        )}
      </div>
    </div>
  );
}
