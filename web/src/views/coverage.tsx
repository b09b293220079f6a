// What is heard from where: silent sources first, then accounts by Regions. A cell opens what is known of it.
import { useEffect, useState } from 'preact/hooks';
import { apiPath } from '../api';
import { Panel, Text, Time } from '../components/basics';
import { CoverageDrawer, recordsLink, StatusMark } from '../components/coverage_drawer';
import { CoverageMatrix } from '../components/coverage_matrix';
import { FilterBar, type Field } from '../components/filter_bar';
import { IngestBooks } from '../components/ingest_books';
import { Empty, ProblemBox, Skeleton } from '../components/states';
import { Value } from '../components/value';
import {
  countByStatus,
  kSources,
  kStatuses,
  kStatusHint,
  kStatusText,
  matrixOf,
  needsSomebody,
  selectionOf,
  slowest,
  sourceOf,
  spanText,
} from '../coverage';
import { useJson } from '../state/resource';
import { place, restoreScroll, setParams } from '../state/router';
import { asOf } from '../state/session';
import { get, getAll, keep, link, set, toggle } from '../state/url';
import { count, plural } from '../text';
import { formatDuration, parseInstant } from '../time';
import type { CoverageAnswer, CoverageCell, CoverageStatus } from '../types';

const kFilters = ['account_id', 'region', 'status'];
const kDays = ['7', '14', '30', '90'];
const kDefaultDays = '14';
const kListed = 6;

function Figures({ cells, shown }: { cells: readonly CoverageCell[]; shown: readonly string[] }) {
  const counts = countByStatus(cells);
  const slow = slowest(cells);
  return (
    <section class="cover-strip" aria-label="Figures">
      {[...kStatuses].reverse().map((status) => (
        <button
          key={status}
          type="button"
          class={`figure cover-figure cover-figure-${status}${counts[status] === 0 ? ' zero' : ''}`}
          aria-pressed={shown.includes(status)}
          title={kStatusHint[status]}
          data-figure={status}
          onClick={() => setParams(toggle(place.value.params, 'status', status))}
        >
          <span class="figure-value">{count(counts[status])}</span>
          <span class="figure-label">{kStatusText[status]}</span>
        </button>
      ))}
      <div class="figure">
        <span class="figure-value">{slow === undefined ? '–' : spanText(slow.lag.p99_seconds ?? 0)}</span>
        <span
          class="figure-label"
          title="the largest p99 of received minus happened; imports do not count"
        >
          {slow === undefined ? 'lag: nothing came through a door' : 'slowest p99: '}
          {slow !== undefined && (
            <>
              {sourceOf(slow.source)?.label}, <Text of={slow.region} />
            </>
          )}
        </span>
      </div>
    </section>
  );
}

function Attention({
  answer,
  cells,
  open,
}: {
  answer: CoverageAnswer;
  cells: readonly CoverageCell[];
  open: (id: string) => void;
}) {
  const [all, setAll] = useState(false);
  const names = new Map(answer.accounts.map((one) => [one.account_id, one.account_name]));
  const list = cells.filter((one) => needsSomebody(one.status));
  if (list.length === 0)
    return (
      <p class="cover-fine" role="status">
        Nothing is silent or late: every source that has a rhythm keeps it.
      </p>
    );
  return (
    <>
      <div class="table-box" tabIndex={0} role="group" aria-label="Silent and late sources, table">
        <table class="table cover-list">
          <caption class="offscreen">Silent and late sources, the worst first</caption>
          <thead>
            <tr>
              <th scope="col" class="c-status">
                State
              </th>
              <th scope="col" class="c-for">
                For
              </th>
              <th scope="col">Account</th>
              <th scope="col">Region</th>
              <th scope="col">Source</th>
              <th scope="col">Last record</th>
              <th scope="col">Usual pause</th>
              <th scope="col" class="number">
                Records
              </th>
            </tr>
          </thead>
          <tbody>
            {(all ? list : list.slice(0, kListed)).map((cell) => {
              const id = `${cell.account_id}/${cell.region ?? ''}`;
              const since_ms = cell.since === null ? null : parseInstant(cell.since);
              return (
                <tr
                  key={`${id} ${cell.source}`}
                  data-row={`${id} ${cell.source}`}
                  tabIndex={-1}
                  onClick={(event) => {
                    if ((event.target as HTMLElement).closest('a, button') === null) open(id);
                  }}
                  onKeyDown={(event) => {
                    if (event.key === 'Enter' && event.target === event.currentTarget) open(id);
                  }}
                >
                  <td>
                    <StatusMark cell={cell} />
                  </td>
                  <td class="strong nowrap">{since_ms === null ? '–' : formatDuration(asOf.value - since_ms)}</td>
                  <td>
                    <Value
                      entity={{ kind: 'account', key: cell.account_id, name: names.get(cell.account_id) ?? null }}
                    />
                  </td>
                  <td>
                    <Text of={cell.region ?? 'every Region'} />
                  </td>
                  <td>
                    <button type="button" class="link" onClick={() => open(id)}>
                      {sourceOf(cell.source)?.label ?? cell.source}
                    </button>
                  </td>
                  <td class="nowrap">
                    {cell.last_at === null ? (
                      <span class="none">none</span>
                    ) : (
                      <a class="link" href={recordsLink(cell).href} title={recordsLink(cell).text}>
                        <Time at={cell.last_at} detail="minute" />
                      </a>
                    )}
                  </td>
                  <td class="nowrap">
                    {cell.usual_pause_seconds === null ? (
                      <span class="dim">{cell.expected_by === 'register' ? 'registered' : '–'}</span>
                    ) : (
                      spanText(cell.usual_pause_seconds)
                    )}
                  </td>
                  <td class="number">{count(cell.records)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {list.length > kListed && (
        <footer class="list-foot">
          <button type="button" class="button" onClick={() => setAll(!all)}>
            {all ? 'Fewer' : `All ${count(list.length)}`}
          </button>
        </footer>
      )}
    </>
  );
}

function SourceTabs({ answer, source }: { answer: CoverageAnswer; source: string | null }) {
  const heard = kSources.filter((one) => answer.cells.some((cell) => cell.source === one.name));
  const bad = (name: string | null): number =>
    answer.cells.filter((cell) => (name === null || cell.source === name) && needsSomebody(cell.status)).length;
  const tab = (name: string | null, label: string, hint: string) => (
    <button
      key={name ?? ''}
      type="button"
      aria-pressed={source === name}
      title={hint}
      data-source={name ?? 'all'}
      onClick={() => setParams(set(place.value.params, 'source', name))}
    >
      {label}
      {bad(name) > 0 && <span class="tab-count">{count(bad(name))}</span>}
    </button>
  );
  return (
    <div class="segmented cover-tabs" role="group" aria-label="Source">
      {tab(null, 'All sources', 'every source at once')}
      {heard.map((one) => tab(one.name, one.label, one.hint))}
    </div>
  );
}

function Days() {
  const params = place.value.params;
  const days = get(params, 'days') ?? kDefaultDays;
  return (
    <div class="cover-days">
      <span class="dim">gaps and lag of</span>
      <div class="segmented" role="group" aria-label="Days of gaps and lag">
        {kDays.map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={days === one}
            onClick={() => setParams(set(params, 'days', one === kDefaultDays ? null : one))}
          >
            {one} days
          </button>
        ))}
      </div>
    </div>
  );
}

function Legend({ sources }: { sources: readonly string[] }) {
  return (
    <p class="cover-legend">
      <span class="dim">time since the last record</span>
      {sources.length > 1 && (
        <span class="dim">marks: {sources.map((name) => sourceOf(name)?.label ?? name).join(', ')}</span>
      )}
      {kStatuses.map((status) => (
        <span key={status} title={kStatusHint[status]}>
          <span class={`pip pip-${status}`} aria-hidden="true" /> {kStatusText[status]}
        </span>
      ))}
    </p>
  );
}

function Content({ answer, busy }: { answer: CoverageAnswer; busy: boolean }) {
  const params = place.value.params;
  const source = sourceOf(get(params, 'source') ?? '')?.name ?? null;
  const statuses = getAll(params, 'status');
  const ofSource = answer.cells.filter((one) => source === null || one.source === source);
  const cells = ofSource.filter((one) => statuses.length === 0 || statuses.includes(one.status));
  const sources =
    source !== null
      ? [source]
      : kSources.filter((one) => cells.some((cell) => cell.source === one.name)).map((one) => one.name as string);
  const matrix = matrixOf(answer.accounts, cells, source === null && statuses.length === 0);
  const selected = get(params, 'sel');
  const chosen = selectionOf(answer, selected);
  const account = answer.accounts.find((one) => one.account_id === chosen[0]?.account_id);
  const open = (id: string): void =>
    setParams(set(place.value.params, 'sel', id), selected === null ? 'push' : 'replace');
  const bad = cells.filter((one) => needsSomebody(one.status)).length;
  if (answer.accounts.length === 0)
    return (
      <section class="panel">
        <Empty title="Nothing has been heard yet">
          Accounts appear when something of them arrives, or when an administrator registers the expected ones with PUT
          /api/v1/accounts.
        </Empty>
      </section>
    );
  return (
    <div class={`coverage${busy ? ' busy' : ''}`}>
      <div class="cover-bar">
        <SourceTabs answer={answer} source={source} />
        <Days />
      </div>
      <Figures cells={ofSource} shown={statuses} />
      <Panel
        id="attention"
        class="flush"
        title="Silent and late"
        aside={<span class="dim">{bad === 0 ? 'none' : plural(bad, 'source')}</span>}
      >
        <Attention answer={answer} cells={cells} open={open} />
      </Panel>
      <Panel id="matrix" class="flush" title="Accounts by Region" aside={<Legend sources={sources} />}>
        {matrix.rows.length === 0 ? (
          <Empty title="No source is in this state">Take a filter away to see the others.</Empty>
        ) : (
          <CoverageMatrix matrix={matrix} sources={sources} selected={selected} open={open} />
        )}
      </Panel>
      <IngestBooks />
      {answer.cells_total > answer.cells.length && (
        <p class="dim">
          The worst {count(answer.cells.length)} of {count(answer.cells_total)} are shown; narrow by account or Region.
        </p>
      )}
      {account !== undefined && selected !== null && (
        <CoverageDrawer
          account={account}
          cells={chosen}
          from_day={answer.from_day}
          subject={selected}
          close={() => setParams(set(place.value.params, 'sel', null), 'replace')}
        />
      )}
    </div>
  );
}

export function Coverage() {
  const params = place.value.params;
  const asked = keep(params, ['account_id', 'region', 'days']);
  const answer = useJson<CoverageAnswer>(apiPath(['coverage'], asked), true);
  const data = answer.data;
  const fields: Field[] = [
    {
      name: 'account_id',
      label: 'Account',
      values: (data?.accounts ?? []).map((one) => one.account_id),
      plain: true,
    },
    {
      name: 'region',
      label: 'Region',
      values: [...new Set((data?.cells ?? []).map((one) => one.region ?? ''))].filter((one) => one !== '').sort(),
      plain: true,
    },
    { name: 'status', label: 'State', values: kStatuses as readonly CoverageStatus[], plain: true },
  ];
  useEffect(() => {
    if (data !== undefined) restoreScroll();
  }, [data !== undefined]);
  return (
    <div class="page">
      <header class="page-head">
        <h1>Coverage</h1>
        <FilterBar
          fields={fields}
          names={kFilters}
          range={null}
        >
          <a class="link" href={link('accounts')}>
            The register of accounts
          </a>
        </FilterBar>
      </header>
      {answer.problem !== undefined && <ProblemBox problem={answer.problem} retry={answer.reload} />}
      {data === undefined && answer.problem === undefined && <Skeleton rows={14} label="Loading the coverage" />}
      {data !== undefined && <Content answer={data} busy={answer.loading} />}
    </div>
  );
}
