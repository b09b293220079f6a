// The queue: filter, facets, table, and a drawer that keeps the list in view.
import { useEffect } from 'preact/hooks';
import { apiPath } from '../api';
import { Facets, FacetSwitch, type FacetGroup } from '../components/facets';
import { FilterBar, type Field } from '../components/filter_bar';
import { FindingDrawer } from '../components/finding_drawer';
import { FindingTable } from '../components/finding_table';
import { Icon } from '../components/icon';
import { Empty, ProblemBox, Skeleton } from '../components/states';
import { TimeRange } from '../components/time_range';
import { ExportLinks } from '../components/timeline';
import { findingParams } from '../query';
import { accountName } from '../state/accounts';
import { usePages } from '../state/pages';
import { useJson } from '../state/resource';
import { hasNews, showNews } from '../state/live';
import { facetsShown } from '../state/prefs';
import { place, restoreScroll, setParams } from '../state/router';
import { asOf } from '../state/session';
import { get, kFindingFilters, keep, set, without, type Param } from '../state/url';
import { count, plural } from '../text';
import type { Facets as FacetAnswer, FindingPage } from '../types';

const kPageRows = 50;

const kSeverities = ['critical', 'high', 'medium', 'low', 'informational', 'unknown'];
const kStatuses = ['new', 'in_progress', 'notified', 'resolved', 'suppressed'];

const kFacetTitles: readonly [name: string, title: string][] = [
  ['severity', 'Severity'],
  ['status', 'Status'],
  ['account_id', 'Account'],
  ['type_purpose', 'Purpose'],
  ['type', 'Type'],
  ['region', 'Region'],
  ['resource_type', 'Resource type'],
  ['product', 'Product'],
];

export function facetGroups(answer: FacetAnswer | undefined): FacetGroup[] {
  if (answer === undefined) return [];
  return kFacetTitles.map(([name, title]) => {
    const values = [...(answer.facets[name] ?? [])].filter((one) => one.value !== null && one.value !== '');
    if (name === 'severity')
      values.sort((a, b) => kSeverities.indexOf(a.value ?? '') - kSeverities.indexOf(b.value ?? ''));
    return {
      name,
      title,
      items: values.map((one) => {
        const value = one.value ?? '';
        const label = one.label ?? (name === 'account_id' ? accountName(value) : null);
        return {
          params: [[name, value] as Param],
          text: name === 'status' ? value.replaceAll('_', ' ') : (label ?? value),
          count: one.count,
          detail: label !== null && label !== value ? value : null,
          ...(name === 'severity' ? { marks: [{ class: `dot dot-${value}`, text: '' }] } : {}),
        };
      }),
    };
  });
}

function fields(answer: FacetAnswer | undefined): Field[] {
  const seen = (name: string): string[] =>
    (answer?.facets[name] ?? []).map((one) => one.value ?? '').filter((one) => one !== '');
  return [
    { name: 'title', label: 'Title', hint: 'part of the title', plain: true },
    { name: 'severity', label: 'Severity', values: kSeverities },
    { name: 'status', label: 'Status', values: kStatuses },
    { name: 'open', label: 'Open', values: ['true', 'false'], plain: true },
    { name: 'assignee', label: 'Assignee' },
    { name: 'account_id', label: 'Account', values: seen('account_id'), hint: '12 digits' },
    { name: 'region', label: 'Region', values: seen('region') },
    { name: 'type', label: 'Type', values: seen('type') },
    { name: 'type_purpose', label: 'Purpose', values: seen('type_purpose') },
    { name: 'resource_type', label: 'Resource type', values: seen('resource_type') },
    { name: 'product', label: 'Product', values: seen('product') },
    { name: 'user_name', label: 'User name' },
    { name: 'access_key', label: 'Access key', hint: 'AKIA… or ASIA…' },
    { name: 'principal', label: 'User or role', hint: 'AIDA…, AROA… or ARN' },
    { name: 'remote_ip', label: 'Remote IP' },
    { name: 'instance', label: 'Instance', hint: 'i-…' },
    { name: 'resource', label: 'Resource', hint: 'ARN, id or name' },
    { name: 'sample', label: 'Sample findings', values: ['true', 'false', 'any'], plain: true },
    { name: 'archived', label: 'Archived', values: ['true', 'false', 'any'], plain: true },
    { name: 'record_state', label: 'Record state', values: ['active', 'archived'] },
    { name: 'entity', label: 'Entity', hint: 'kind:key' },
  ];
}

function OpenSwitch({ params }: { params: readonly Param[] }) {
  const open = get(params, 'open');
  const choose = (value: string | null): void => setParams(set(params, 'open', value));
  return (
    <div class="segmented" role="group" aria-label="Open or all findings">
      <button type="button" aria-pressed={open === 'true'} onClick={() => choose('true')}>
        Open
      </button>
      <button type="button" aria-pressed={open === 'false'} onClick={() => choose('false')}>
        Closed
      </button>
      <button type="button" aria-pressed={open === null} onClick={() => choose(null)}>
        All
      </button>
    </div>
  );
}

export function Findings() {
  const params = place.value.params;
  const selected = get(params, 'sel');
  const filter = findingParams(params, asOf.value);
  const order = keep(params, ['sort', 'order']);
  const list = usePages<FindingPage>(apiPath(['findings'], [...filter, ...order, ['limit', String(kPageRows)]]));
  const facets = useJson<FacetAnswer>(apiPath(['findings', 'facets'], filter), true);
  const rows = list.pages.flatMap((page) => page.findings);
  useEffect(() => {
    if (!list.loading && list.pages.length > 0) restoreScroll();
  }, [list.loading, list.pages.length]);
  const open = (id: string): void =>
    setParams(set(place.value.params, 'sel', id), selected === null ? 'push' : 'replace');
  const close = (): void => setParams(set(place.value.params, 'sel', null), 'replace');
  const names = kFindingFilters.filter((name) => name !== 'open');
  const hasFilter = keep(params, kFindingFilters).length > 0;
  return (
    <div class="page">
      <header class="page-head">
        <h1>Findings</h1>
        <FilterBar
          fields={fields(facets.data)}
          names={names}
          range={
            <>
              <OpenSwitch params={params} />
              <TimeRange fallback={null} all />
            </>
          }
        />
      </header>
      <div class={`split${facetsShown.value ? '' : ' no-facets'}`}>
        {facetsShown.value && <Facets groups={facetGroups(facets.data)} label="Facets" busy={facets.loading} />}
        <section class="list" aria-label="Findings">
          <div class="list-head">
            <FacetSwitch />
            <p class="list-total" role="status" data-total={list.total ?? ''}>
              {list.total === undefined ? (
                list.problem === undefined ? (
                  'Counting…'
                ) : (
                  'No answer'
                )
              ) : (
                <>
                  <b>{count(list.total)}</b> {list.total === 1 ? 'finding' : 'findings'}
                </>
              )}
              {facets.data !== undefined && <span class="dim"> · {plural(facets.data.occurrences, 'occurrence')}</span>}
            </p>
            {hasNews.value && (
              <button type="button" class="button news" onClick={showNews}>
                <Icon name="refresh" />
                Newer findings are there
              </button>
            )}
            <div class="list-tools">
              <ExportLinks segments={['findings', 'export']} params={filter} />
            </div>
          </div>
          {list.problem !== undefined && <ProblemBox problem={list.problem} retry={list.reload} />}
          {list.pages.length === 0 && list.problem === undefined && <Skeleton rows={14} label="Loading findings" />}
          {list.total === 0 && !list.loading && (
            <Empty title="No findings match">
              {hasFilter ? (
                <>
                  Remove a filter or widen the time range.{' '}
                  <button
                    type="button"
                    class="button"
                    onClick={() => setParams(without(params, [...kFindingFilters, 'from', 'to', 'last']))}
                  >
                    Show all findings
                  </button>
                </>
              ) : (
                'Nothing has been received yet. Point EventBridge or a file import at this server, or load the sample organisation.'
              )}
            </Empty>
          )}
          {rows.length > 0 && (
            <div class="table-box" tabIndex={0} role="group" aria-label="Findings, table">
              <FindingTable
                rows={rows}
                selected={selected}
                open={open}
                busy={list.loading}
                caption="Findings that match the filter"
                sortable
              />
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
                {count(rows.length)} of {plural(list.total ?? 0, 'finding')} shown
              </span>
            </footer>
          )}
        </section>
        {selected !== null && <FindingDrawer finding_id={selected} close={close} />}
      </div>
    </div>
  );
}
