// What the reader chose for this browser: theme, zone. Kept in localStorage where that is allowed.
import { effect, signal } from '@preact/signals';
import type { Zone } from '../time';

export type Theme = 'system' | 'light' | 'dark';

function stored(name: string): string | null {
  try {
    return localStorage.getItem(`backtrail.${name}`);
  } catch {
    return null; // storage is switched off: the choice lasts as long as the page
  }
}

function keepStored(name: string, value: string): void {
  try {
    localStorage.setItem(`backtrail.${name}`, value);
  } catch {
    // see stored()
  }
}

const storedTheme = stored('theme');
export const theme = signal<Theme>(storedTheme === 'light' || storedTheme === 'dark' ? storedTheme : 'system');
export const zone = signal<Zone>(stored('zone') === 'local' ? 'local' : 'utc');
export const facetsShown = signal<boolean>(stored('facets') !== 'off');
export const foldRows = signal<boolean>(stored('fold') === 'on');

/** Counts up when colours change, for canvases that have to be drawn again. */
export const paint = signal(0);

export function startPrefs(): void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  system.addEventListener('change', () => (paint.value += 1));
  effect(() => {
    const chosen = theme.value;
    if (chosen === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = chosen;
    keepStored('theme', chosen);
    paint.value = paint.peek() + 1;
  });
  effect(() => keepStored('zone', zone.value));
  effect(() => keepStored('facets', facetsShown.value ? 'on' : 'off'));
  effect(() => keepStored('fold', foldRows.value ? 'on' : 'off'));
}

export function isDark(): boolean {
  if (theme.value !== 'system') return theme.value === 'dark';
  return matchMedia('(prefers-color-scheme: dark)').matches;
}
