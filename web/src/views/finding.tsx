// One finding: its facts on the left, what its entities did on the right, everything else one tab away.
import { useEffect } from 'preact/hooks';
import { apiPath } from '../api';
import { CopyButton, Text, Time, zoneText } from '../components/basics';
import { EventDrawer } from '../components/event_drawer';
import { AllFacts, Entities, Evidence, FindingTitle } from '../components/finding_facts';
import { FindingActivity } from '../components/finding_activity';
import { FindingTable, findingLink } from '../components/finding_table';
import { JsonView } from '../components/json_view';
import { Empty, ProblemBox, Skeleton } from '../components/states';
import { PivotTime } from '../components/value';
import { useJson, useText } from '../state/resource';
import { navigate, place, restoreScroll, setParams } from '../state/router';
import { get, link, parsePlace, set, type Param } from '../state/url';
import { bytes, count } from '../text';
import type { Finding } from '../types';

const kShapeText: Record<string, string> = {
  guardduty: 'GuardDuty event',
  guardduty_api: 'GuardDuty API',
  asff: 'Security Hub (ASFF)',
  ocsf: 'OCSF',
};

function Versions({ finding, show }: { finding: Finding; show: (version_id: string) => void }) {
  if (finding.versions.length === 0) return <Empty title="No versions are kept" />;
  return (
    <table class="table">
      <caption class="offscreen">Versions of the finding, newest first</caption>
      <thead>
        <tr>
          <th scope="col">Updated ({zoneText()})</th>
          <th scope="col">Received</th>
          <th scope="col" class="number">
            Count
          </th>
          <th scope="col" class="number">
            Severity
          </th>
          <th scope="col">Shape</th>
          <th scope="col" class="number">
            Size
          </th>
          <th scope="col">
            <span class="offscreen">Raw</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {finding.versions.map((one) => (
          <tr key={one.version_id}>
            <td>
              <Time at={one.updated_at} />
            </td>
            <td>
              <Time at={one.received_at} />
            </td>
            <td class="number">{one.count === null ? '–' : count(one.count)}</td>
            <td class="number">{one.severity ?? '–'}</td>
            <td>{kShapeText[one.shape] ?? one.shape}</td>
            <td class="number">{bytes(one.bytes)}</td>
            <td>
              <button type="button" class="link" onClick={() => show(one.version_id)}>
                Raw JSON
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Raw({ finding, version }: { finding: Finding; version: string | null }) {
  const shown = version ?? finding.versions[0]?.version_id ?? null;
  const raw = useText(apiPath(['findings', finding.finding_id, 'raw'], shown === null ? [] : [['version', shown]]));
  if (raw.problem !== undefined) return <ProblemBox problem={raw.problem} retry={raw.reload} />;
  if (raw.data === undefined) return <Skeleton rows={14} label="Loading the record" />;
  return (
    <>
      {finding.versions.length > 1 && (
        <label class="version-pick">
          Version{' '}
          <select
            class="input"
            value={shown ?? ''}
            onChange={(event) => setParams(set(place.value.params, 'version', event.currentTarget.value), 'replace')}
          >
            {finding.versions.map((one) => (
              <option key={one.version_id} value={one.version_id}>
                {one.updated_at ?? one.received_at} · {kShapeText[one.shape] ?? one.shape}
              </option>
            ))}
          </select>
        </label>
      )}
      <JsonView key={shown} text={raw.data} label="raw finding" />
    </>
  );
}

function Related({ finding }: { finding: Finding }) {
  if (finding.related.length === 0) return <Empty title="No other finding shares an entity with this one" />;
  return (
    <div class="table-box" tabIndex={0} role="group" aria-label="Related findings">
      <FindingTable
        rows={finding.related}
        selected={null}
        open={(id) => navigate(parsePlace(findingLink(id)))}
        busy={false}
        caption="Findings that share an entity"
        sortable={false}
      />
    </div>
  );
}

function Tabs({ finding, tab }: { finding: Finding; tab: string }) {
  const tabs: [name: string, label: string, count: number | null][] = [
    ['activity', 'Activity', null],
    ['entities', 'Entities', finding.entities.length],
    ['evidence', 'Evidence', finding.evidence.remote_ips.length],
    ['related', 'Related', finding.related.length],
    ['versions', 'Versions', finding.versions.length],
    ['raw', 'Raw JSON', null],
  ];
  return (
    <nav class="page-tabs" aria-label="Parts of the finding">
      {tabs.map(([name, label, n]) => (
        <a
          key={name}
          href={link(
            'finding',
            set(set(place.value.params, 'event', null), 'tab', name === 'activity' ? null : name),
            finding.finding_id,
          )}
          aria-current={tab === name ? 'page' : undefined}
        >
          {label}
          {n !== null && <span class="tab-count">{count(n)}</span>}
        </a>
      ))}
    </nav>
  );
}

function Body({ finding }: { finding: Finding }) {
  const params = place.value.params;
  const tab = get(params, 'tab') ?? 'activity';
  const event_key = tab === 'activity' ? get(params, 'event') : null;
  const time: Param[] = [
    ['from', finding.scope.from],
    ['to', finding.scope.to],
  ];
  return (
    <PivotTime value={time}>
      <header class="page-head finding-head">
        <FindingTitle finding={finding} />
        <h1>
          <span>
            <Text of={finding.title ?? finding.type} />
          </span>{' '}
          <CopyButton text={finding.finding_id} label="finding id" />
        </h1>
      </header>
      <div class="finding-body">
        <section class="finding-facts" aria-label="Facts">
          {finding.description !== null && (
            <p class="description">
              <Text of={finding.description} />
            </p>
          )}
          <AllFacts finding={finding} />
        </section>
        <section class="finding-main" aria-label="Evidence and activity">
          <Tabs finding={finding} tab={tab} />
          {tab === 'activity' && <FindingActivity finding={finding} />}
          {tab === 'entities' && <Entities finding={finding} />}
          {tab === 'evidence' && <Evidence finding={finding} />}
          {tab === 'related' && <Related finding={finding} />}
          {tab === 'versions' && (
            <Versions
              finding={finding}
              show={(id) => setParams(set(set(place.value.params, 'tab', 'raw'), 'version', id))}
            />
          )}
          {tab === 'raw' && <Raw finding={finding} version={get(params, 'version')} />}
        </section>
        {event_key !== null && (
          <EventDrawer
            event_key={event_key}
            close={() => setParams(set(place.value.params, 'event', null), 'replace')}
          />
        )}
      </div>
    </PivotTime>
  );
}

export function FindingView() {
  const id = place.value.id ?? '';
  const detail = useJson<Finding>(apiPath(['findings', id]));
  useEffect(() => {
    if (detail.data !== undefined) restoreScroll();
  }, [detail.data]);
  return (
    <div class="page">
      <p class="crumbs">
        <a class="link" href={link('findings', [['open', 'true']])}>
          Findings
        </a>
      </p>
      {detail.problem !== undefined && (
        <>
          <h1 class="offscreen">Finding</h1>
          <ProblemBox problem={detail.problem} retry={detail.reload} />
        </>
      )}
      {detail.data === undefined && detail.problem === undefined && (
        <>
          <h1 class="offscreen">Finding</h1>
          <Skeleton rows={16} label="Loading the finding" />
        </>
      )}
      {detail.data !== undefined && <Body key={detail.data.finding_id} finding={detail.data} />}
    </div>
  );
}
