// One account and Region: each source with its hours, pauses, lag and gaps, and the way to its records.
import { hoursOf, kStatusHint, kStatusText, sourceOf, spanText } from '../coverage';
import { asOf } from '../state/session';
import { link, type Param } from '../state/url';
import { count, plural, visible } from '../text';
import { formatDuration, parseInstant, toRfc3339 } from '../time';
import type { CoverageAccount, CoverageCell } from '../types';
import { Ago, Text, Time } from './basics';
import { Drawer } from './drawer';
import { FactList, FactRow } from './facts';
import { Value } from './value';

const kGapsShown = 6;
const kHour_ms = 3_600_000;

export function StatusMark({ cell }: { cell: CoverageCell }) {
  return (
    <span class={`cover-status cover-status-${cell.status}`} title={kStatusHint[cell.status]}>
      {kStatusText[cell.status]}
    </span>
  );
}

/** A row a day, a square an hour: what a rhythm and a gap look like. */
function Hours({ cell, from_day }: { cell: CoverageCell; from_day: string }) {
  const days = hoursOf(cell.hours);
  const active = days.flat().filter(Boolean).length;
  const first_ms = parseInstant(from_day) ?? 0;
  if (active === 0) return <p class="description">Nothing since {from_day}.</p>;
  const label = `Something happened in ${count(active)} of ${count(days.length * 24)} hours`;
  return (
    <figure class="hours">
      <div class="hours-grid" role="img" aria-label={label}>
        {days.map((hours, day) => (
          <div key={day} class="hours-day" title={toRfc3339(first_ms + day * 24 * kHour_ms).slice(0, 10)}>
            {hours.map((on, hour) => {
              const ahead = first_ms + (day * 24 + hour) * kHour_ms > asOf.value;
              return <span key={hour} class={on ? 'hour hour-on' : ahead ? 'hour hour-ahead' : 'hour'} />;
            })}
          </div>
        ))}
      </div>
      <figcaption class="dim">
        <Text of={from_day} /> to today, a row a day, a square an hour (UTC)
      </figcaption>
    </figure>
  );
}

/** Its last records, or the lists that hold them. */
export function recordsLink(cell: CoverageCell): { href: string; text: string } {
  const where: Param[] = [
    ['account_id', cell.account_id],
    ...(cell.region === null ? [] : [['region', cell.region] as const]),
  ];
  const last_ms = cell.last_at === null ? null : parseInstant(cell.last_at);
  const around: Param[] =
    last_ms === null
      ? []
      : [
          ['from', toRfc3339(Math.floor(last_ms / 1000) * 1000 - kHour_ms)],
          ['to', toRfc3339(Math.floor(last_ms / 1000) * 1000 + 1000)],
        ];
  const event_class = {
    cloudtrail_management: 'management',
    cloudtrail_data: 'data',
    cloudtrail_insight: 'insight',
    cloudtrail_network_activity: 'network_activity',
  }[cell.source as string];
  if (event_class !== undefined)
    return { href: link('activity', [...where, ['event_class', event_class], ...around]), text: 'Its last hour of events' };
  const product = { guardduty: 'GuardDuty', security_hub: 'Security Hub' }[cell.source as string];
  return {
    href: link('findings', [...where, ...(product === undefined ? [] : [['product', product] as const])]),
    text: 'Its findings',
  };
}

function Gaps({ cell }: { cell: CoverageCell }) {
  if (cell.gaps.length === 0) return null;
  return (
    <FactRow label={cell.gap_count === 1 ? 'Gap' : 'Gaps'} copy="">
      <ul class="gap-list">
        {cell.gaps.slice(0, kGapsShown).map((gap) => {
          const from_ms = parseInstant(gap.from) ?? 0;
          const to_ms = parseInstant(gap.to) ?? 0;
          const open = Math.abs(to_ms - asOf.value) < 120_000;
          return (
            <li key={gap.from}>
              <b>{formatDuration(to_ms - from_ms)}</b> <Time at={gap.from} detail="minute" /> –{' '}
              {open ? 'now' : <Time at={gap.to} detail="minute" />}
            </li>
          );
        })}
        {cell.gap_count > kGapsShown && <li class="dim">and {count(cell.gap_count - kGapsShown)} before</li>}
      </ul>
    </FactRow>
  );
}

function Source({ cell, from_day }: { cell: CoverageCell; from_day: string }) {
  const source = sourceOf(cell.source);
  const { lag } = cell;
  const records = recordsLink(cell);
  return (
    <section class="cover-source" aria-label={source?.label ?? cell.source}>
      <h2>
        <span title={source?.hint}>{source?.label ?? cell.source}</span> <StatusMark cell={cell} />
      </h2>
      {cell.last_at === null ? (
        <p class="description">
          The register lists this account, and no CloudTrail event of it ever came. Check that the organisation trail
          covers it and that the sender’s key may write for it.
        </p>
      ) : (
        <>
          <Hours cell={cell} from_day={from_day} />
          <FactList>
            <FactRow label="Last record" copy={cell.last_at}>
              <Time at={cell.last_at} /> <Ago at={cell.last_at} />
            </FactRow>
            <FactRow label="Received" copy={cell.last_received_at}>
              <Time at={cell.last_received_at} /> <Ago at={cell.last_received_at} />
            </FactRow>
            <FactRow label="First record" copy={cell.first_at}>
              <Time at={cell.first_at} />
            </FactRow>
            <FactRow label="Records" value={count(cell.records)} copy="" />
            <FactRow label="Usual pause" copy="">
              {cell.usual_pause_seconds === null ? 'no rhythm yet' : `up to ${spanText(cell.usual_pause_seconds)}`}
            </FactRow>
            <FactRow label="Delivery lag" copy="">
              {lag.p50_seconds === null || lag.p99_seconds === null ? (
                <span class="dim">not known: nothing came through a door, imports do not count</span>
              ) : (
                <>
                  half within <b>{spanText(lag.p50_seconds)}</b>, 99 % within <b>{spanText(lag.p99_seconds)}</b>{' '}
                  <span class="dim">of {plural(lag.records, 'record')}</span>
                </>
              )}
            </FactRow>
            <Gaps cell={cell} />
          </FactList>
          {cell.source !== 'notice' && cell.source !== 'heartbeat' && (
            <a class="link" href={records.href}>
              {records.text}
            </a>
          )}
        </>
      )}
    </section>
  );
}

export function CoverageDrawer({
  account,
  cells,
  from_day,
  subject,
  close,
}: {
  account: CoverageAccount;
  cells: readonly CoverageCell[];
  from_day: string;
  subject: string;
  close: () => void;
}) {
  const region = cells[0]?.region ?? null;
  const where: Param[] = [['account_id', account.account_id], ...(region === null ? [] : [['region', region] as const])];
  return (
    <Drawer
      label={`Coverage of ${visible(account.account_name ?? account.account_id)}`}
      subject={subject}
      close={close}
      head={
        <>
          <strong>
            <Value entity={{ kind: 'account', key: account.account_id, name: account.account_name }} />
          </strong>{' '}
          <span class="dim">
            <Text of={region ?? 'every Region'} />
          </span>
        </>
      }
    >
      <p class="cover-links">
        <a class="link" href={link('activity', [...where, ['last', '24h']])}>
          All activity of the last day
        </a>
        <a class="link" href={link('findings', [...where, ['open', 'true']])}>
          Open findings
        </a>
      </p>
      {cells.map((cell) => (
        <Source key={cell.source} cell={cell} from_day={from_day} />
      ))}
    </Drawer>
  );
}
