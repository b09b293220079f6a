// What the entities of a finding did, beside the finding: lanes, presets, volume with the finding's own window
// shaded, and the timeline. The range and the lane stand in the address.
import { useMemo } from 'preact/hooks';
import { findingInterval, intervalParams, kFindingRanges } from '../query';
import { place, setParams } from '../state/router';
import { asOf } from '../state/session';
import { get, link, set, setMany, type Param } from '../state/url';
import { parseInstant, resolveRange, toRfc3339 } from '../time';
import type { Finding } from '../types';
import { Text } from './basics';
import type { Marks } from './event_table';
import { laneParams } from './finding_drawer';
import { Icon } from './icon';
import { Empty } from './states';
import { intervalText } from './time_range';
import { Timeline } from './timeline';
import { PivotTime } from './value';
import { VolumeChart } from './volume';

function ms(text: string): number {
  return parseInstant(text) ?? 0;
}

function Presets({ range }: { range: string | null }) {
  return (
    <div class="segmented" role="group" aria-label="Time range of the activity">
      {kFindingRanges.map((one) => (
        <button
          key={one.name}
          type="button"
          title={one.hint}
          aria-pressed={range === one.name}
          data-range={one.name}
          onClick={() =>
            setParams(
              setMany(place.value.params, { range: one.name === 'scope' ? null : one.name, from: null, to: null }),
            )
          }
        >
          {one.label}
        </button>
      ))}
    </div>
  );
}

export function marksOf(finding: Finding): Marks {
  const keys = new Set(finding.entities.filter((one) => one.kind === 'access_key').map((one) => one.key));
  if (finding.access_key_id !== null) keys.add(finding.access_key_id);
  return {
    ips: new Set(finding.evidence.remote_ips.map((one) => one.ip)),
    keys,
    from_ms: ms(finding.scope.window_from),
    to_ms: ms(finding.scope.window_to),
  };
}

export function FindingActivity({ finding }: { finding: Finding }) {
  const params = place.value.params;
  const chosen = Number(get(params, 'lane') ?? '0');
  const lane = finding.activity[chosen] ?? finding.activity[0];
  const brushed = get(params, 'from') !== null || get(params, 'to') !== null;
  const range = brushed ? null : (get(params, 'range') ?? 'scope');
  const scope = finding.scope;
  const interval = brushed
    ? resolveRange(null, get(params, 'from'), get(params, 'to'), asOf.value)
    : findingInterval(
        range ?? 'scope',
        {
          from_ms: ms(scope.from),
          to_ms: ms(scope.to),
          window_from_ms: ms(scope.window_from),
          window_to_ms: ms(scope.window_to),
        },
        asOf.value,
      );
  const marks = useMemo(() => marksOf(finding), [finding]);
  const shades = useMemo(() => [{ from_ms: marks.from_ms, to_ms: marks.to_ms }], [marks]);
  if (lane === undefined) {
    return (
      <Empty title="Nothing in this finding can be followed in CloudTrail">
        It names no user, role, key, instance, address or resource. The raw record may say more.
      </Empty>
    );
  }
  const time = intervalParams(interval);
  const request: Param[] = [...laneParams(lane), ...time];
  const open = (event_key: string): void =>
    setParams(
      set(place.value.params, 'event', event_key),
      get(place.value.params, 'event') === null ? 'push' : 'replace',
    );
  const brush = (from_ms: number, to_ms: number): void =>
    setParams(setMany(place.value.params, { range: null, from: toRfc3339(from_ms), to: toRfc3339(to_ms) }));
  return (
    <PivotTime value={time}>
      <div class="lane-bar">
        <div class="tabs" role="group" aria-label="Whose activity">
          {finding.activity.map((one, index) => (
            <button
              key={index}
              type="button"
              aria-pressed={one === lane}
              onClick={() => setParams(set(place.value.params, 'lane', index === 0 ? null : String(index)))}
            >
              <Text of={one.label} />
            </button>
          ))}
        </div>
        <a class="button primary" data-full-activity href={link('activity', request)}>
          <Icon name="open" />
          Full activity
        </a>
      </div>
      <div class="lane-range">
        <Presets range={range} />
        <span class="dim interval">{intervalText(interval.from_ms, interval.to_ms)}</span>
      </div>
      <VolumeChart
        params={request}
        shades={shades}
        shadeLabel="the finding's own window"
        height_px={130}
        onBrush={brush}
        label={`API calls over time: ${lane.label}`}
      />
      <Timeline
        params={request}
        selected={get(params, 'event')}
        open={open}
        marks={marks}
        emptyHint="Choose a longer range or another tab. Services that are not in CloudTrail, such as database logins, leave no events."
      />
    </PivotTime>
  );
}
