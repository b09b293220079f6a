// CSV for the clipboard. Cells that a spreadsheet would run as a formula get a leading apostrophe.

export function csvCell(value: string | number | null): string {
  if (value === null) return '""';
  if (typeof value === 'number') return String(value);
  const start = value.replace(/^[\s\ufeff]+/, '');
  const formula = /^[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(start) || /^[\t\r]/.test(value);
  return `"${(formula ? `'${value}` : value).replaceAll('"', '""')}"`;
}

export function csv(header: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
  return [header, ...rows].map((row) => row.map(csvCell).join(',')).join('\r\n') + '\r\n';
}
