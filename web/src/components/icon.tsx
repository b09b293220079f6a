// Line icons, drawn here so that nothing is fetched. Decorative: the control that holds one has the label.

const kPaths = {
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM10.6 10.6 14 14',
  close: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  check: 'M3 8.5l3.2 3.2L13 4.8',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  down: 'M4 6l4 4 4-4',
  right: 'M6 4l4 4-4 4',
  up: 'M4 10l4-4 4 4',
  refresh: 'M13 8a5 5 0 1 1-1.5-3.6M13 2v3h-3',
  sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3 3l1.2 1.2M11.8 11.8 13 13M13 3l-1.2 1.2M4.2 11.8 3 13',
  moon: 'M13.2 9.6A5.7 5.7 0 0 1 6.4 2.8a5.7 5.7 0 1 0 6.8 6.8Z',
  system: 'M2 3h12v8H2zM6 14h4M8 11v3',
  plus: 'M8 3v10M3 8h10',
  clock: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2ZM8 4.5V8l2.5 1.5',
  download: 'M8 2v8M4.8 7 8 10.2 11.2 7M3 13.5h10',
  warning: 'M8 2 1.5 13.5h13zM8 6.5v3.4M8 11.6v.4',
  activity: 'M1.5 8h3l2-5 3 10 2-5h3',
  open: 'M9 2.5h4.5V7M13.2 2.8 7.5 8.5M11 9.5v4H2.5V5h4',
  out: 'M6 2.5H2.5v11H6M10 5l3 3-3 3M13 8H6',
  help: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2ZM6.2 6.4A1.9 1.9 0 1 1 8 8.4v.8M8 11.2v.4',
  columns: 'M2 3h12v10H2zM6.5 3v10M4 6h.5M4 8.5h.5',
} as const;

export type IconName = keyof typeof kPaths;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path
        d={kPaths[name]}
        fill="none"
        stroke="currentColor"
        stroke-width="1.5"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}

export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" focusable="false">
      <path
        d="M4 18.5c3.4 0 3.2-5.2 6.6-5.2s2.6 3.2 5 3.2c2.9 0 4.4-3.2 4.4-9"
        fill="none"
        stroke="currentColor"
        stroke-width="2.2"
        stroke-linecap="round"
        stroke-dasharray="0.1 4.1"
      />
      <path
        d="M16.6 9.4 20 5.6l3 4.1"
        fill="none"
        stroke="currentColor"
        stroke-width="2.2"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
      <circle cx="4" cy="18.5" r="2.4" fill="currentColor" />
    </svg>
  );
}
