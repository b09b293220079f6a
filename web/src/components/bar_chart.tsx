// Stacked bars over time with a brush. The canvas is an image with a label; the same numbers stand in a table
// below it, and the legend reads the bar under the pointer.
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { copyText } from '../clipboard';
import { csv } from '../csv';
import { paint, zone } from '../state/prefs';
import { stack, sum } from '../stack';
import { count } from '../text';
import { formatInstant, kDayMs, snapToBuckets, toRfc3339 } from '../time';
import { zoneText } from './basics';

export interface Series {
  name: string;
  /** A CSS custom property that holds the colour. */
  color: string;
  values: readonly number[];
}

export interface Shade {
  from_ms: number;
  to_ms: number;
}

interface Props {
  label: string;
  starts_ms: readonly number[];
  bucket_ms: number;
  from_ms: number;
  to_ms: number;
  series: readonly Series[];
  shades?: readonly Shade[];
  shadeLabel?: string;
  height_px: number;
  onBrush: (from_ms: number, to_ms: number) => void;
}

const kMinShade_px = 2;
const kMinBrush_px = 4;
const kCountSteps = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 5e6, 1e7, 1e8,
];

/** Canvases know no CSS variables: a probe element resolves them, light-dark() included. */
function resolveColor(name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
}

const kMonths = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function axisLabel(ms: number, step_ms: number): string {
  const text = formatInstant(ms, zone.value);
  const day = `${Number(text.slice(8, 10))} ${kMonths[Number(text.slice(5, 7)) - 1] ?? ''}`;
  if (step_ms >= kDayMs) return day;
  const time = text.slice(11, step_ms >= 60_000 ? 16 : 19);
  return time === '00:00' || time === '00:00:00' ? day : time;
}

/** "20 Nov 05:00 – 06:00", as short as the bucket allows. */
function bucketText(start_ms: number, bucket_ms: number): string {
  if (bucket_ms === kDayMs) return formatInstant(start_ms, zone.value, 'day');
  const detail = bucket_ms % 60_000 === 0 ? 'minute' : 'second';
  const start = formatInstant(start_ms, zone.value, detail);
  const end = formatInstant(start_ms + bucket_ms, zone.value, detail);
  return `${start} – ${start.slice(0, 10) === end.slice(0, 10) ? end.slice(11) : end}`;
}

/** Whole buckets at both ends, or the bar of the present would be cut off. */
function shownRange(props: Props): [number, number] {
  const first_ms = props.starts_ms[0] ?? props.from_ms;
  const last_ms = (props.starts_ms[props.starts_ms.length - 1] ?? props.from_ms) + props.bucket_ms;
  return [Math.min(first_ms, props.from_ms) / 1e3, Math.max(last_ms, props.to_ms) / 1e3];
}

const kBarShare = 0.86;
const kMaxBar_px = 44;

/** The part of each bar that belongs to one series, from the sum below it to its own, on whole pixels. */
function segments(plot: uPlot, at: number, first: number, last: number, bucket_s: number): uPlot.Series.Paths {
  const path = new Path2D();
  const xs = plot.data[0];
  const tops = plot.data[at] ?? [];
  const bottoms = at > 1 ? plot.data[at - 1] : undefined;
  for (let index = first; index <= last; index += 1) {
    const start = xs[index];
    const top = tops[index] ?? 0;
    const bottom = bottoms?.[index] ?? 0;
    if (start === undefined || top <= bottom) continue;
    const left = plot.valToPos(start, 'x', true);
    const room = plot.valToPos(start + bucket_s, 'x', true) - left;
    const width = Math.max(1, Math.min(Math.floor(room * kBarShare), kMaxBar_px * devicePixelRatio));
    const y = Math.round(plot.valToPos(top, 'y', true));
    const height = Math.max(1, Math.round(plot.valToPos(bottom, 'y', true)) - y);
    path.rect(Math.round(left + (room - width) / 2), y, width, height);
  }
  return { stroke: null, fill: path, flags: 1 };
}

function options(
  props: Props,
  width: number,
  live: { props: Props; hover: (index: number | null) => void },
): uPlot.Options {
  const colors = props.series.map((one) => resolveColor(one.color));
  const axis = resolveColor('--text-3');
  const grid = resolveColor('--grid');
  const shade = resolveColor('--shade');
  const shadeEdge = resolveColor('--shade-edge');
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  return {
    width,
    height: props.height_px,
    ms: 1e-3,
    padding: [8, 18, 0, 0],
    legend: { show: false },
    tzDate: (seconds) =>
      zone.value === 'utc' ? uPlot.tzDate(new Date(seconds * 1e3), 'Etc/UTC') : new Date(seconds * 1e3),
    cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false, dist: kMinBrush_px } },
    scales: {
      x: { time: true, range: () => shownRange(live.props) },
      y: { range: (_plot, _min, max) => [0, Math.max(1, max * 1.08)] },
    },
    axes: [
      {
        stroke: axis,
        font,
        size: 26,
        gap: 6,
        space: 70,
        grid: { show: false },
        ticks: { stroke: grid, width: 1, size: 4 },
        values: (_plot, splits, _index, _space, step) => splits.map((seconds) => axisLabel(seconds * 1e3, step * 1e3)),
      },
      {
        stroke: axis,
        font,
        size: 46,
        gap: 6,
        space: 26,
        incrs: kCountSteps,
        grid: { stroke: grid, width: 1 },
        ticks: { show: false },
        values: (_plot, splits) => splits.map((value) => count(value)),
      },
    ],
    series: [
      {},
      ...props.series.map((_one, index): uPlot.Series => ({
        fill: colors[index] ?? axis,
        width: 0,
        points: { show: false },
        paths: (plot, at, first, last) => segments(plot, at, first, last, live.props.bucket_ms / 1e3),
      })),
    ],
    hooks: {
      drawClear: [
        (plot) => {
          const { ctx, bbox } = plot;
          ctx.save();
          for (const one of live.props.shades ?? []) {
            const left = Math.max(bbox.left, plot.valToPos(one.from_ms / 1e3, 'x', true));
            const right = Math.min(bbox.left + bbox.width, plot.valToPos(one.to_ms / 1e3, 'x', true));
            if (right < bbox.left || left > bbox.left + bbox.width) continue;
            ctx.fillStyle = shade;
            ctx.fillRect(left, bbox.top, Math.max(kMinShade_px * devicePixelRatio, right - left), bbox.height);
            ctx.fillStyle = shadeEdge;
            ctx.fillRect(left, bbox.top, devicePixelRatio, bbox.height);
            ctx.fillRect(
              Math.max(left + devicePixelRatio, right - devicePixelRatio),
              bbox.top,
              devicePixelRatio,
              bbox.height,
            );
          }
          ctx.restore();
        },
      ],
      setCursor: [
        (plot) => {
          const left = plot.cursor.left ?? -1;
          if (left < 0) return live.hover(null);
          const at_ms = plot.posToVal(left, 'x') * 1e3;
          const index = live.props.starts_ms.findIndex(
            (start) => at_ms >= start && at_ms < start + live.props.bucket_ms,
          );
          return live.hover(index < 0 ? null : index);
        },
      ],
      setSelect: [
        (plot) => {
          const { left, width: brushed_px } = plot.select;
          if (brushed_px < kMinBrush_px) return;
          const from_ms = plot.posToVal(left, 'x') * 1e3;
          const to_ms = plot.posToVal(left + brushed_px, 'x') * 1e3;
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          const origin_ms = live.props.starts_ms[0] ?? live.props.from_ms;
          const [first_ms, last_ms] = snapToBuckets(from_ms, to_ms, origin_ms, live.props.bucket_ms);
          live.props.onBrush(Math.max(first_ms, live.props.from_ms), Math.min(last_ms, live.props.to_ms));
        },
      ],
    },
  };
}

function plotData(props: Props): uPlot.AlignedData {
  const sums = stack(props.series.map((one) => one.values));
  return [props.starts_ms.map((ms) => ms / 1e3), ...sums] as uPlot.AlignedData;
}

function Canvas({ props, hover }: { props: Props; hover: (index: number | null) => void }) {
  const box = useRef<HTMLDivElement>(null);
  const live = useRef({ props, hover });
  live.current.props = props;
  live.current.hover = hover;
  const painted = paint.value;
  const where = zone.value;
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const plot = new uPlot(options(props, element.clientWidth, live.current), plotData(props), element);
    plot.ctx.canvas.setAttribute('role', 'img');
    plot.ctx.canvas.setAttribute('aria-label', props.label);
    const resize = new ResizeObserver(() => {
      if (element.clientWidth > 0) plot.setSize({ width: element.clientWidth, height: props.height_px });
    });
    resize.observe(element);
    return () => {
      resize.disconnect();
      plot.destroy();
    };
  }, [painted, where, props.starts_ms, props.series, props.shades, props.from_ms, props.to_ms, props.label]);
  return <div ref={box} class={`chart-canvas chart-${props.height_px}`} />;
}

function DataTable({ props }: { props: Props }) {
  const rows = props.starts_ms
    .map((start, index) => ({ start, index }))
    .filter(({ index }) => props.series.some((one) => (one.values[index] ?? 0) > 0));
  const copy = (): void => {
    const body = rows.map(({ start, index }) => [
      toRfc3339(start),
      ...props.series.map((one) => one.values[index] ?? 0),
    ]);
    void copyText(csv(['from', ...props.series.map((one) => one.name)], body), 'the table as CSV');
  };
  return (
    <div class="chart-table" tabIndex={0} role="region" aria-label={`${props.label}, as a table`}>
      <table class="table">
        <caption class="offscreen">{props.label}</caption>
        <thead>
          <tr>
            <th scope="col">Time ({zoneText()})</th>
            {props.series.map((one) => (
              <th key={one.name} scope="col" class="number">
                {one.name}
              </th>
            ))}
            <th scope="col">
              <button type="button" class="link" onClick={copy}>
                Copy CSV
              </button>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ start, index }) => (
            <tr key={start}>
              <td class="mono">{bucketText(start, props.bucket_ms)}</td>
              {props.series.map((one) => (
                <td key={one.name} class="number">
                  {count(one.values[index] ?? 0)}
                </td>
              ))}
              <td>
                <button type="button" class="link" onClick={() => props.onBrush(start, start + props.bucket_ms)}>
                  Narrow to this
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function BarChart(props: Props) {
  const [hovered, setHovered] = useState<number | null>(null);
  const [tabular, setTabular] = useState(false);
  const start = hovered === null ? undefined : props.starts_ms[hovered];
  return (
    <figure class="chart">
      <figcaption class="chart-legend">
        {props.series.map((one) => (
          <span key={one.name} class="legend-item">
            <span class={`swatch swatch-${one.name}`} aria-hidden="true" />
            {one.name} <b>{count(hovered === null ? sum(one.values) : (one.values[hovered] ?? 0))}</b>
          </span>
        ))}
        {(props.shades ?? []).length > 0 && props.shadeLabel !== undefined && (
          <span class="legend-item">
            <span class="swatch swatch-shade" aria-hidden="true" />
            {props.shadeLabel}
          </span>
        )}
        <span class="legend-when dim">{start === undefined ? '' : bucketText(start, props.bucket_ms)}</span>
        <button type="button" class="link" aria-expanded={tabular} onClick={() => setTabular(!tabular)}>
          {tabular ? 'Hide table' : 'Table'}
        </button>
      </figcaption>
      <Canvas props={props} hover={(index) => setHovered(index)} />
      {tabular && <DataTable props={props} />}
    </figure>
  );
}
