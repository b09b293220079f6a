// API calls over time, stacked by outcome. The bars sum to the totals of the same request.
import { useMemo } from 'preact/hooks';
import { apiPath } from '../api';
import { useJson } from '../state/resource';
import type { Param } from '../state/url';
import { parseInstant } from '../time';
import type { Volume } from '../types';
import { BarChart, type Shade } from './bar_chart';
import { ProblemBox, Skeleton } from './states';

const kNoShades: readonly Shade[] = [];

export function VolumeChart({
  params,
  shades = kNoShades,
  shadeLabel,
  height_px,
  onBrush,
  label,
}: {
  params: readonly Param[];
  shades?: readonly Shade[];
  shadeLabel?: string;
  height_px: number;
  onBrush: (from_ms: number, to_ms: number) => void;
  label: string;
}) {
  const path = apiPath(['activity', 'volume'], params);
  const volume = useJson<Volume>(path, true);
  const data = volume.data;
  const shape = useMemo(() => {
    if (data === undefined) return undefined;
    return {
      starts_ms: data.buckets.map((one) => parseInstant(one.at) ?? 0),
      series: [
        { name: 'ok', color: '--outcome-ok', values: data.buckets.map((one) => one.ok) },
        { name: 'denied', color: '--outcome-denied', values: data.buckets.map((one) => one.denied) },
        { name: 'failed', color: '--outcome-failed', values: data.buckets.map((one) => one.failed) },
      ],
    };
  }, [data]);
  if (volume.problem !== undefined) return <ProblemBox problem={volume.problem} retry={volume.reload} />;
  if (data === undefined || shape === undefined) return <Skeleton rows={3} label="Loading the chart" />;
  return (
    <div class={volume.loading ? 'busy' : ''} aria-busy={volume.loading}>
      <BarChart
        label={label}
        starts_ms={shape.starts_ms}
        series={shape.series}
        bucket_ms={data.bucket_seconds * 1000}
        from_ms={parseInstant(data.from) ?? 0}
        to_ms={parseInstant(data.to) ?? 1}
        shades={shades}
        {...(shadeLabel === undefined ? {} : { shadeLabel })}
        height_px={height_px}
        onBrush={onBrush}
      />
    </div>
  );
}
