// What arrived and could not be stored: kept with its bytes, its reason and where it came from.
import { useEffect } from 'preact/hooks';
import { apiPath } from '../api';
import { Text, Time, zoneText } from '../components/basics';
import { Drawer } from '../components/drawer';
import { FactList, FactRow } from '../components/facts';
import { FilterBar, type Field } from '../components/filter_bar';
import { JsonView } from '../components/json_view';
import { Empty, ProblemBox, Skeleton } from '../components/states';
import { TimeRange } from '../components/time_range';
import { Value } from '../components/value';
import { intervalOf, intervalParams } from '../query';
import { usePages } from '../state/pages';
import { useText } from '../state/resource';
import { place, restoreScroll, setParams } from '../state/router';
import { asOf } from '../state/session';
import { get, keep, set, type Param } from '../state/url';
import { bytes, count, plural } from '../text';
import type { QuarantinePage, QuarantineRow } from '../types';

const kFilters = ['reason', 'account_id'];
const kPageRows = 100;

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
        <FactRow label="Received" copy={row.received_at}>
          <Time at={row.received_at} detail="full" />
        </FactRow>
        <FactRow label="Account" value={row.account_id} />
        <FactRow label="Origin" value={row.origin} />
        <FactRow label="Position" value={row.position} copy="" />
        <FactRow label="Size" value={bytes(row.bytes)} copy="" />
        <FactRow label="SHA-256" copy={row.sha256}>
          <span class="mono">
            <Text of={row.sha256} />
          </span>
        </FactRow>
      </FactList>
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
  const filter: Param[] = [...keep(params, kFilters), ...intervalParams(intervalOf(params, null, asOf.value))];
  const list = usePages<QuarantinePage>(apiPath(['quarantine'], [...filter, ['limit', String(kPageRows)]]));
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
                  <b>{count(list.total)}</b> {list.total === 1 ? 'record' : 'records'} kept aside
                </>
              )}
            </p>
          </div>
          {list.problem !== undefined && <ProblemBox problem={list.problem} retry={list.reload} />}
          {list.pages.length === 0 && list.problem === undefined && (
            <Skeleton rows={10} label="Loading the quarantine" />
          )}
          {list.total === 0 && !list.loading && (
            <Empty title="Nothing is in quarantine">
              Everything that arrived in this range was understood and stored.
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
