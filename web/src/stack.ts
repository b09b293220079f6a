// Stacked bars: each series stands on the sum of those before it.

/** series[i][x] becomes the sum of series 0..i at x. */
export function stack(series: readonly (readonly number[])[]): number[][] {
  const out: number[][] = [];
  series.forEach((values, index) => {
    const below = out[index - 1];
    out.push(values.map((value, x) => value + (below?.[x] ?? 0)));
  });
  return out;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
