// What is new, where, how bad, who. Every figure links to the list that holds exactly that many rows.
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { apiPath } from '../api';
import { Panel, Text, TypeName } from '../components/basics';
import { BarChart } from '../components/bar_chart';
import { AccountGrid } from '../components/account_grid';
import { Alerts } from '../components/alerts';
import { FilterBar } from '../components/filter_bar';
import { FindingTable, findingLink } from '../components/finding_table';
import { Empty, ProblemBox, Skeleton } from '../components/states';
import { TimeRange } from '../components/time_range';
import { Value } from '../components/value';
import { findingsLink, kKindLabel } from '../entity';
import { kDefaultOverviewSpan, summaryParams } from '../query';
import { hasNews, showNews } from '../state/live';
import { useJson } from '../state/resource';
import { navigate, place, restoreScroll, setParams } from '../state/router';
import { asOf } from '../state/session';
import { link, parsePlace, setMany, type Param } from '../state/url';
import { count, plural, visible } from '../text';
import { formatDuration, kDayMs, parseInstant, toRfc3339 } from '../time';
import type { SeverityLabel, Summary } from '../types';

const kSeverities: readonly SeverityLabel[] = ['critical', 'high', 'medium', 'low', 'informational', 'unknown'];
const kTypesShown = 9;
const kEntitiesShown = 15;

function Figure({
  label,
  href,
  children,
  note,
  tone = '',
}: {
  label: string;
  href?: string;
  children: ComponentChildren;
  note?: ComponentChildren;
  tone?: string;
}) {
  const inner = (
    <>
      <span class="figure-value">{children}</span>
      <span class="figure-label">{label}</span>
      {note !== undefined && <span class="figure-note">{note}</span>}
    </>
  );
  return href === undefined ? (
    <div class={`figure ${tone}`}>{inner}</div>
  ) : (
    <a class={`figure ${tone}`} href={href}>
      {inner}
    </a>
  );
}

function SeverityStrip({ summary, time }: { summary: Summary; time: readonly Param[] }) {
  const byLabel = new Map(summary.open_by_severity.map((one) => [one.severity_label, one.count]));
  return (
    <div class="severity-strip">
      <a class="figure figure-open" data-figure="open" href={link('findings', [['open', 'true'], ...time])}>
        <span class="figure-value">{count(summary.totals.open)}</span>
        <span class="figure-label">open findings</span>
      </a>
      <ul class="severity-figures" aria-label="Open findings by severity">
        {kSeverities.map((label) => {
          const value = byLabel.get(label) ?? 0;
          return (
            <li key={label}>
              <a
                class={`severity-figure severity-figure-${label}${value === 0 ? ' zero' : ''}`}
                data-figure={`open-${label}`}
                href={link('findings', [['open', 'true'], ['severity', label], ...time])}
              >
                <span class="figure-value">{count(value)}</span>
                <span class="figure-label">{label === 'informational' ? 'info' : label}</span>
              </a>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function Coverage({ summary, time }: { summary: Summary; time: readonly Param[] }) {
  const { totals, oldest_unassigned: oldest } = summary;
  const silent = totals.accounts_registered - totals.accounts_reporting;
  return (
    <div class="figures">
      <Figure
        label="accounts reporting"
        href={link('coverage')}
        tone={silent > 0 ? 'figure-warn' : ''}
        note={silent > 0 ? `${count(silent)} silent` : 'none silent'}
      >
        {count(totals.accounts_reporting)} <span class="figure-of">of {count(totals.accounts_registered)}</span>
      </Figure>
      <Figure
        label="quarantined"
        href={link('quarantine', time)}
        tone={totals.quarantined > 0 ? 'figure-warn' : ''}
        note="kept, not understood"
      >
        {count(totals.quarantined)}
      </Figure>
      <Figure label="API events" href={link('activity', time)} note="in this range">
        {totals.events === null ? '–' : count(totals.events)}
      </Figure>
      <Figure label="findings" href={link('findings', time)} note={plural(totals.occurrences, 'occurrence')}>
        {count(totals.findings)}
      </Figure>
      {oldest !== null ? (
        <Figure
          label="oldest unassigned"
          href={findingLink(oldest.finding_id)}
          note={
            <span title={visible(oldest.type)}>
              <Text of={oldest.type} />
            </span>
          }
        >
          {formatDuration(asOf.value - (parseInstant(oldest.first_seen_at) ?? asOf.value))}
        </Figure>
      ) : (
        <Figure label="oldest unassigned" note="everything has an owner">
          –
        </Figure>
      )}
    </div>
  );
}

function DayChart({ summary }: { summary: Summary }) {
  const shape = useMemo(
    () => ({
      starts_ms: summary.by_day.map((one) => parseInstant(one.day) ?? 0),
      series: kSeverities.map((label) => ({
        name: label,
        color: `--severity-${label}-solid`,
        values: summary.by_day.map((one) => one[label]),
      })),
    }),
    [summary],
  );
  const first = shape.starts_ms[0];
  const last = shape.starts_ms[shape.starts_ms.length - 1];
  if (first === undefined || last === undefined) return <Empty title="No days in this range" />;
  const brush = (from_ms: number, to_ms: number): void =>
    setParams(setMany(place.value.params, { last: null, from: toRfc3339(from_ms), to: toRfc3339(to_ms) }));
  return (
    <BarChart
      label="Findings by day and severity"
      starts_ms={shape.starts_ms}
      series={shape.series}
      bucket_ms={kDayMs}
      from_ms={first}
      to_ms={last + kDayMs}
      height_px={284}
      onBrush={brush}
    />
  );
}

function Types({ summary, time }: { summary: Summary; time: readonly Param[] }) {
  const highest = Math.max(1, ...summary.by_type.map((one) => one.count));
  return (
    <ul class="bars">
      {summary.by_type.slice(0, kTypesShown).map((one) => (
        <li key={one.type}>
          <a
            class="bar"
            href={link('findings', [['type', one.type], ...time])}
            title={`${visible(one.type)}: ${plural(one.count, 'finding')}, ${plural(one.occurrences, 'occurrence')}`}
          >
            <span class={`dot dot-${one.highest}`} aria-hidden="true" />
            <span class="bar-text">
              <TypeName of={one.type} />
            </span>
            <span class="bar-count">{count(one.count)}</span>
            <span class="bar-track" aria-hidden="true">
              <span class="bar-fill" style={{ width: `${(100 * one.count) / highest}%` }} />
            </span>
          </a>
        </li>
      ))}
    </ul>
  );
}

function TopEntities({ summary, time }: { summary: Summary; time: readonly Param[] }) {
  if (summary.top_entities.length === 0) return <Empty title="No actors or addresses yet" />;
  return (
    <table class="table compact">
      <caption class="offscreen">Actors and IP addresses that findings name, those in several accounts first</caption>
      <thead>
        <tr>
          <th scope="col">Actor or address</th>
          <th scope="col" class="number">
            Accounts
          </th>
          <th scope="col" class="number">
            Findings
          </th>
        </tr>
      </thead>
      <tbody>
        {summary.top_entities.slice(0, kEntitiesShown).map((one) => (
          <tr key={`${one.kind}:${one.key}`}>
            <td>
              <Value entity={one} mono={one.kind === 'ip_address'} />{' '}
              <span class="dim kind">{kKindLabel[one.kind]}</span>
            </td>
            <td class={`number${one.accounts > 1 ? ' strong' : ' dim'}`}>{count(one.accounts)}</td>
            <td class="number">
              <a class="link" href={findingsLink(one, time)}>
                {count(one.findings)}
              </a>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Content({ summary, busy }: { summary: Summary; busy: boolean }) {
  const time: Param[] = [
    ['from', summary.from],
    ['to', summary.to],
  ];
  const open = (id: string): void => navigate(parsePlace(findingLink(id)));
  return (
    <div class={`overview${busy ? ' busy' : ''}`}>
      <section class="overview-strip" aria-label="Figures">
        <SeverityStrip summary={summary} time={time} />
        <Coverage summary={summary} time={time} />
      </section>
      <Alerts />
      <Panel
        id="by-day"
        class="span-8"
        title="Findings by day"
        aside={<span class="dim">drag over days to narrow</span>}
      >
        <DayChart summary={summary} />
      </Panel>
      <Panel id="by-type" class="span-4" title="Types">
        <Types summary={summary} time={time} />
      </Panel>
      <Panel
        id="newest"
        class="span-8 flush"
        title="Newest findings"
        aside={
          <a class="link" href={link('findings', [['open', 'true'], ...time])}>
            Open the queue
          </a>
        }
      >
        {summary.newest.length === 0 ? (
          <Empty title="No findings in this range">
            Widen the time range, or send findings to the ingest address of this server.
          </Empty>
        ) : (
          <div class="table-box" tabIndex={0} role="group" aria-label="Newest findings">
            <FindingTable
              rows={summary.newest}
              selected={null}
              open={open}
              busy={false}
              caption="The ten newest findings"
              sortable={false}
            />
          </div>
        )}
      </Panel>
      <Panel id="entities" class="span-4 flush" title="In more than one account">
        <TopEntities summary={summary} time={time} />
      </Panel>
      <Panel
        id="grid"
        class="span-12 flush"
        title="Open findings by account and Region"
        aside={<span class="dim">colour is the highest severity; a cell opens its findings</span>}
      >
        <AccountGrid cells={summary.account_region} time={time} />
      </Panel>
    </div>
  );
}

export function Overview() {
  const params = place.value.params;
  const summary = useJson<Summary>(apiPath(['summary'], summaryParams(params, asOf.value)), true);
  useEffect(() => {
    if (summary.data !== undefined) restoreScroll();
  }, [summary.data !== undefined]);
  useEffect(() => {
    if (hasNews.value) showNews();
  }, [hasNews.value]);
  return (
    <div class="page">
      <header class="page-head">
        <h1>Overview</h1>
        <FilterBar fields={[]} names={[]} range={<TimeRange fallback={kDefaultOverviewSpan} />} />
      </header>
      {summary.problem !== undefined && <ProblemBox problem={summary.problem} retry={summary.reload} />}
      {summary.data === undefined && summary.problem === undefined && (
        <Skeleton rows={14} label="Loading the overview" />
      )}
      {summary.data !== undefined && <Content summary={summary.data} busy={summary.loading} />}
    </div>
  );
}
