// Everything that somebody or something did, in any combination; with a single entity, its profile on top.
import { useMemo } from 'preact/hooks';
import { apiPath } from '../api';
import { CopyButton, Text, Time, zoneText } from '../components/basics';
import { EventDrawer } from '../components/event_drawer';
import { Facets, FacetSwitch, type FacetGroup, type FacetItem } from '../components/facets';
import { TypedFacts } from '../components/facts';
import { FilterBar, type Field } from '../components/filter_bar';
import { findingLink } from '../components/finding_table';
import { ProblemBox, Skeleton } from '../components/states';
import { TimeRange } from '../components/time_range';
import { Timeline } from '../components/timeline';
import { PivotTime } from '../components/value';
import { VolumeChart } from '../components/volume';
import { entityParam, entityText, findingsLink, kKindLabel, parseEntityParam } from '../entity';
import { activityParams, closedInterval, intervalParams, kDefaultActivitySpan } from '../query';
import { accountName } from '../state/accounts';
import { useJson } from '../state/resource';
import { facetsShown } from '../state/prefs';
import { place, setParams } from '../state/router';
import { asOf } from '../state/session';
import { get, getAll, isNegated, kActivityFilters, keep, set, setMany, type Param } from '../state/url';
import { count, plural, visible } from '../text';
import { mergeIntervals, parseInstant, toRfc3339 } from '../time';
import type { ActivitySummary, ApiCount, EntityKind, EntityProfile, FindingRow, ValueCount } from '../types';

/** The one entity that the address is about; none for combinations. */
function subject(params: readonly Param[]): { kind: EntityKind; key: string } | null {
  const entities = getAll(params, 'entity');
  const only = entities[0];
  return entities.length === 1 && only !== undefined && !isNegated(only) ? parseEntityParam(only) : null;
}

function apiItem(one: ApiCount): FacetItem {
  const service = (one.service ?? '').replace(/\.amazonaws\.com$/, '');
  const marks = [
    ...(one.denied > 0 ? [{ class: 'mark-denied', text: `${count(one.denied)} denied` }] : []),
    ...(one.failed > 0 ? [{ class: 'mark-failed', text: `${count(one.failed)} failed` }] : []),
  ];
  const params: Param[] = [...(one.service === null ? [] : [['service', one.service] as const]), ['api', one.api]];
  return { params, text: one.api, detail: service, count: one.ok + one.denied + one.failed, marks };
}

function valueItems(name: string, values: readonly ValueCount[] | undefined): FacetItem[] {
  return (values ?? [])
    .map((one): FacetItem => {
      const value = one.value ?? one.account_id ?? '';
      const label = one.label ?? one.name ?? one.account_name ?? (name === 'account_id' ? accountName(value) : null);
      return {
        params: [[name, value]],
        text: label ?? value,
        detail: label !== null && label !== value ? value : null,
        count: one.count,
      };
    })
    .filter((item) => item.params[0]?.[1] !== '');
}

function groups(summary: ActivitySummary | undefined): FacetGroup[] {
  if (summary === undefined) return [];
  const outcomes = (['ok', 'denied', 'failed'] as const).map((name): FacetItem => ({
    params: [['outcome', name]],
    text: name,
    count: summary[name],
  }));
  return [
    { name: 'outcome', title: 'Outcome', items: outcomes.filter((item) => item.count > 0) },
    { name: 'api', title: 'API', items: summary.by_api.map(apiItem) },
    { name: 'ip', title: 'Source IP', items: valueItems('ip_address', summary.by_ip) },
    { name: 'principal', title: 'User or role', items: valueItems('principal', summary.by_principal) },
    { name: 'session', title: 'Role session', items: valueItems('role_session', summary.by_session) },
    { name: 'key', title: 'Access key', items: valueItems('access_key', summary.by_access_key) },
    { name: 'account', title: 'Account', items: valueItems('account_id', summary.by_account) },
    { name: 'region', title: 'Region', items: valueItems('region', summary.by_region) },
    { name: 'agent', title: 'User agent', items: valueItems('user_agent', summary.by_user_agent) },
  ];
}

function fields(summary: ActivitySummary | undefined): Field[] {
  const seen = (values: readonly ValueCount[] | undefined): string[] =>
    (values ?? []).map((one) => one.value ?? one.account_id ?? '').filter((one) => one !== '');
  return [
    { name: 'api', label: 'API', hint: 'GetObject or Delete*', values: (summary?.by_api ?? []).map((one) => one.api) },
    {
      name: 'service',
      label: 'Service',
      hint: 's3',
      values: [...new Set((summary?.by_api ?? []).map((one) => (one.service ?? '').replace(/\.amazonaws\.com$/, '')))],
    },
    { name: 'outcome', label: 'Outcome', values: ['ok', 'denied', 'failed'] },
    { name: 'error_code', label: 'Error code', hint: 'AccessDenied' },
    { name: 'read_only', label: 'Read-only', values: ['true', 'false'], plain: true },
    { name: 'event_class', label: 'Event class', values: ['management', 'data', 'insight', 'network_activity'] },
    { name: 'account_id', label: 'Account', hint: '12 digits', values: seen(summary?.by_account) },
    { name: 'region', label: 'Region', values: seen(summary?.by_region) },
    { name: 'principal', label: 'User or role', hint: 'AIDA…, AROA… or ARN' },
    { name: 'role_session', label: 'Role session', hint: 'AROA…:session' },
    { name: 'access_key', label: 'Access key', hint: 'AKIA… or ASIA…', values: seen(summary?.by_access_key) },
    { name: 'ip_address', label: 'Source IP', values: seen(summary?.by_ip) },
    { name: 'instance', label: 'Instance', hint: 'i-…' },
    { name: 'resource', label: 'Resource', hint: 'ARN, id or name' },
    { name: 'user_agent', label: 'User agent' },
    { name: 'entity', label: 'Entity', hint: 'kind:key' },
  ];
}

function Direction({ params }: { params: readonly Param[] }) {
  const chosen = get(params, 'direction') ?? 'any';
  const choices = [
    ['any', 'By and on', 'what it did and what was done to it'],
    ['by', 'By it', 'calls that it made'],
    ['on', 'On it', 'calls that name it'],
  ] as const;
  return (
    <div class="segmented" role="group" aria-label="By the entity or on it">
      {choices.map(([name, label, hint]) => (
        <button
          key={name}
          type="button"
          title={hint}
          aria-pressed={chosen === name}
          onClick={() => setParams(set(params, 'direction', name === 'any' ? null : name))}
        >
          {label}
        </button>
      ))}
    </div>
  );
}

function EntityFindings({ findings, more }: { findings: readonly FindingRow[]; more: string }) {
  if (findings.length === 0) return <p class="dim entity-none">No findings name it.</p>;
  return (
    <div class="entity-findings">
      <h2 class="fact-head">
        {plural(findings.length, 'finding')}{' '}
        <a class="link" href={more}>
          in the queue
        </a>
      </h2>
      <ul>
        {findings.slice(0, 5).map((one) => (
          <li key={one.finding_id}>
            <span class={`severity severity-${one.effective_severity_label} severity-short`}>
              {one.effective_severity_label === 'informational' ? 'info' : one.effective_severity_label}
            </span>
            <a class="link" href={findingLink(one.finding_id)} title={visible(one.title ?? '')}>
              <Text of={one.type} />
            </a>
            <span class="dim">
              <Time at={one.last_seen_at} detail="minute" />
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Profile({
  ref_,
  profile,
  busy,
}: {
  ref_: { kind: EntityKind; key: string };
  profile: EntityProfile | undefined;
  busy: boolean;
}) {
  const name = profile === undefined ? entityText(ref_) : entityText(profile);
  return (
    <div class="entity" aria-busy={busy}>
      <div class="entity-who">
        <p class="entity-kind">{kKindLabel[ref_.kind]}</p>
        <h1>
          <span>
            <Text of={name} />
          </span>{' '}
          <CopyButton text={ref_.key} label="key" />
        </h1>
        {name !== ref_.key && (
          <p class="mono dim entity-key">
            <Text of={ref_.key} />
          </p>
        )}
        {profile !== undefined && (
          <p class="dim">
            Seen <Time at={profile.first_seen_at} detail="minute" /> –{' '}
            <Time at={profile.last_seen_at} detail="minute" /> {zoneText()}
          </p>
        )}
      </div>
      {profile !== undefined && profile.facts.length > 0 && (
        <div class="entity-facts">
          <TypedFacts facts={profile.facts.slice(0, 8)} />
        </div>
      )}
      {profile !== undefined && <EntityFindings findings={profile.findings} more={findingsLink(ref_)} />}
    </div>
  );
}

export function Activity() {
  const params = place.value.params;
  const request = activityParams(params, asOf.value);
  const time = intervalParams(closedInterval(params, kDefaultActivitySpan, asOf.value));
  const who = subject(params);
  const profile = useJson<EntityProfile>(
    who === null ? null : apiPath(['entities', who.kind], [['key', who.key], ...time]),
    true,
  );
  const known =
    who !== null && profile.data !== undefined && entityParam(profile.data) === entityParam(who)
      ? profile.data
      : undefined;
  const summary = useJson<ActivitySummary>(apiPath(['activity', 'summary'], request), true);
  const event_key = get(params, 'event');
  const findings = known?.findings;
  const shades = useMemo(
    () =>
      mergeIntervals(
        (findings ?? []).map((one) => {
          const from_ms = parseInstant(one.first_seen_at) ?? 0;
          return { from_ms, to_ms: Math.max(from_ms + 1000, parseInstant(one.last_seen_at) ?? 0) };
        }),
      ),
    [findings],
  );
  const open = (key: string): void =>
    setParams(set(place.value.params, 'event', key), event_key === null ? 'push' : 'replace');
  const brush = (from_ms: number, to_ms: number): void =>
    setParams(setMany(place.value.params, { last: null, from: toRfc3339(from_ms), to: toRfc3339(to_ms) }));
  const filtered = keep(params, kActivityFilters).length > 0;
  return (
    <PivotTime value={keep(params, ['last', 'from', 'to'])}>
      <div class="page">
        <header class="page-head">
          {who === null ? (
            <h1>Activity</h1>
          ) : (
            <Profile ref_={who} profile={known} busy={known === undefined && profile.problem === undefined} />
          )}
          <FilterBar
            fields={fields(summary.data)}
            names={kActivityFilters}
            range={
              <>
                <TimeRange fallback={kDefaultActivitySpan} />
                {getAll(params, 'entity').length > 0 && <Direction params={params} />}
              </>
            }
          />
        </header>
        <section class="panel chart-panel" aria-label="Volume">
          <VolumeChart
            params={request}
            shades={shades}
            shadeLabel="while findings about it were seen"
            height_px={150}
            onBrush={brush}
            label="API calls over time by outcome"
          />
        </section>
        {profile.problem !== undefined && <ProblemBox problem={profile.problem} retry={profile.reload} />}
        {summary.problem !== undefined && <ProblemBox problem={summary.problem} retry={summary.reload} />}
        <div class={`split${facetsShown.value ? '' : ' no-facets'}`}>
          {facetsShown.value &&
            (summary.data === undefined ? (
              <div class="facets">
                {summary.problem === undefined && <Skeleton rows={10} label="Loading the breakdown" />}
              </div>
            ) : (
              <Facets groups={groups(summary.data)} label="Breakdown" busy={summary.loading} />
            ))}
          <section class="list" aria-label="Events">
            <Timeline
              params={request}
              selected={event_key}
              open={open}
              lead={<FacetSwitch />}
              emptyHint={
                filtered
                  ? 'Choose a longer time range, or remove a filter.'
                  : 'Nothing was recorded in this range. Choose a longer one.'
              }
            />
          </section>
          {event_key !== null && (
            <EventDrawer
              event_key={event_key}
              close={() => setParams(set(place.value.params, 'event', null), 'replace')}
            />
          )}
        </div>
      </div>
    </PivotTime>
  );
}
