// Findings as a dense table: two lines a row, the columns an analyst triages by.
import type { ComponentChildren } from 'preact';
import { activityLink, networkText } from '../entity';
import { link, type Param } from '../state/url';
import { count, visible } from '../text';
import type { FindingRow } from '../types';
import { Ago, Severity, Text, Time, TypeName, zoneText } from './basics';
import { Icon } from './icon';
import { memo, useStable } from './memo';
import { SortHeader } from './sort_header';
import { Value } from './value';

export function findingLink(finding_id: string): string {
  return link('finding', [], finding_id);
}

function inControl(event: Event): boolean {
  return (event.target as HTMLElement).closest('a, button') !== null;
}

function Second({ children }: { children: ComponentChildren }) {
  return <div class="second">{children}</div>;
}

function Account({ row }: { row: FindingRow }) {
  const ref = { kind: 'account', key: row.account_id, name: row.account_name } as const;
  return (
    <>
      <Value entity={ref} />
      <Second>
        {row.account_name !== null && (
          <span class="mono">
            <Text of={row.account_id} />
          </span>
        )}
        <span class="inline-region">
          {' '}
          <Text of={row.region} />
        </span>
      </Second>
    </>
  );
}

function Resource({ row }: { row: FindingRow }) {
  if (row.resource === null) return <Text of={row.resource_type} />;
  return (
    <>
      <Value entity={row.resource} />
      <Second>
        <Text of={row.resource_type} />
      </Second>
    </>
  );
}

/** Without an actor the affected resource stands here, where the column of resources has no room. */
function Actor({ row }: { row: FindingRow }) {
  const named = row.actor;
  if (named === null && row.user_name === null && row.access_key_id === null) {
    return (
      <>
        <span class="none no-actor">–</span>
        <div class="inline-resource">
          <Resource row={row} />
        </div>
      </>
    );
  }
  return (
    <>
      {named !== null ? (
        <Value entity={named} text={named.name ?? row.user_name ?? named.key} />
      ) : (
        <Text of={row.user_name} />
      )}
      {row.access_key_id !== null && row.access_key_id !== '' && (
        <Second>
          <Value entity={{ kind: 'access_key', key: row.access_key_id }} mono />
        </Second>
      )}
    </>
  );
}

function Remote({ row }: { row: FindingRow }) {
  if (row.remote_ip === null) return <span class="none">–</span>;
  const network = networkText(row.remote_asn, row.remote_org, row.remote_country);
  return (
    <>
      <Value entity={{ kind: 'ip_address', key: row.remote_ip }} mono />
      {network !== '' && (
        <Second>
          <span title={visible(network)}>
            <Text of={network} />
          </span>
        </Second>
      )}
    </>
  );
}

const Row = memo(function Row({
  row,
  selected,
  open,
}: {
  row: FindingRow;
  selected: boolean;
  open: (id: string) => void;
}) {
  const subject = row.actor ?? row.resource;
  const act = (event: Event): void => {
    if (!inControl(event)) open(row.finding_id);
  };
  return (
    <tr
      data-row={row.finding_id}
      tabIndex={selected ? 0 : -1}
      class={selected ? 'selected' : ''}
      aria-current={selected ? 'true' : undefined}
      onClick={act}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && event.target === event.currentTarget) open(row.finding_id);
      }}
    >
      <td class="c-severity">
        <Severity label={row.effective_severity_label} />
        <Second>
          <span title={row.severity === row.effective_severity ? undefined : `reported as ${row.severity_label}`}>
            <Text of={row.effective_severity} />
          </span>
        </Second>
      </td>
      <td class="c-seen">
        <Time at={row.last_seen_at} detail="minute" />
        <Second>
          <Ago at={row.last_seen_at} />
        </Second>
      </td>
      <td class="c-finding">
        <a class="strong" href={findingLink(row.finding_id)} title={visible(row.type)} aria-label={visible(row.type)}>
          <TypeName of={row.type} />
        </a>
        {row.sample && <span class="tag">sample</span>}
        {row.record_state !== 'active' && <span class="tag">archived</span>}
        <Second>
          <span title={visible(row.title ?? '')}>
            {row.type.includes('/') && (
              <span class="inline-prefix">
                <Text of={row.type.slice(0, row.type.indexOf('/'))} /> ·{' '}
              </span>
            )}
            <Text of={row.title} />
          </span>
        </Second>
      </td>
      <td class="c-account">
        <Account row={row} />
      </td>
      <td class="c-region">
        {row.region === null ? <span class="none">–</span> : <Value filter={['region', row.region]} />}
      </td>
      <td class="c-actor">
        <Actor row={row} />
      </td>
      <td class="c-resource">
        <Resource row={row} />
      </td>
      <td class="c-remote">
        <Remote row={row} />
      </td>
      <td class="c-count number">{count(row.count)}</td>
      <td class="c-status">
        <span class={`status status-${row.status}`}>{row.status.replaceAll('_', ' ')}</span>
        <Second>
          <Text of={row.assignee ?? 'unassigned'} />
        </Second>
      </td>
      <td class="c-related number">{row.related === null ? <span class="none">–</span> : count(row.related)}</td>
      <td class="c-go">
        {subject !== null && (
          <a
            class="icon-button"
            href={activityLink(subject, activityTime(row))}
            aria-label={`Activity of ${visible(subject.name ?? subject.key)}`}
            title={`Activity of ${visible(subject.name ?? subject.key)} around this finding`}
          >
            <Icon name="activity" />
          </a>
        )}
      </td>
    </tr>
  );
});

const kHour_ms = 3_600_000;

/** The scope rule for a row, whose detail has not been fetched: an hour before to a day after. */
export function activityTime(row: { first_seen_at: string; last_seen_at: string }): Param[] {
  const at = (text: string, shift_ms: number): string =>
    new Date(new Date(text).getTime() + shift_ms).toISOString().replace(/\.\d+Z$/, 'Z');
  return [
    ['from', at(row.first_seen_at, -kHour_ms)],
    ['to', at(row.last_seen_at, 24 * kHour_ms)],
  ];
}

export function FindingTable({
  rows,
  selected,
  open,
  busy,
  caption,
  sortable,
}: {
  rows: readonly FindingRow[];
  selected: string | null;
  open: (id: string) => void;
  busy: boolean;
  caption: string;
  sortable: boolean;
}) {
  const openRow = useStable(open);
  const head = (name: string, label: string, class_: string, number = false) =>
    sortable ? (
      <SortHeader name={name} label={label} class={class_} number={number} />
    ) : (
      <th scope="col" class={`${class_}${number ? ' number' : ''}`}>
        {label}
      </th>
    );
  return (
    <table class={`table findings${busy ? ' busy' : ''}`} aria-busy={busy}>
      <caption class="offscreen">{caption}</caption>
      <thead>
        <tr>
          {head('severity', 'Severity', 'c-severity')}
          {head('last_seen', `Last seen (${zoneText()})`, 'c-seen')}
          {head('type', 'Finding', 'c-finding')}
          {head('account', 'Account', 'c-account')}
          {head('region', 'Region', 'c-region')}
          <th scope="col" class="c-actor">
            Actor, key
          </th>
          <th scope="col" class="c-resource">
            Resource
          </th>
          <th scope="col" class="c-remote">
            Remote IP, network
          </th>
          {head('count', 'Count', 'c-count', true)}
          <th scope="col" class="c-status">
            Status
          </th>
          <th scope="col" class="c-related number" title="Findings that share an entity">
            Related
          </th>
          <th scope="col" class="c-go">
            <span class="offscreen">Activity</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.finding_id} row={row} selected={row.finding_id === selected} open={openRow} />
        ))}
      </tbody>
    </table>
  );
}
