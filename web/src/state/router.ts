// The address bar as a signal. Every change of state goes through navigate(), so the back button works.
import { signal } from '@preact/signals';
import { formatPlace, parsePlace, type Param, type Place } from './url';

export const place = signal<Place>(parsePlace(location.hash));

// Where each entry of the history was scrolled to: content arrives later than the browser restores.
const kScrollKey = 'backtrail.scroll';
let pendingScroll: number | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

function rememberScroll(): void {
  history.replaceState({ [kScrollKey]: window.scrollY }, '');
}

function read(): void {
  const next = parsePlace(location.hash);
  if (formatPlace(next) !== formatPlace(place.value)) place.value = next;
}

export function startRouter(): void {
  history.scrollRestoration = 'manual';
  window.addEventListener('popstate', (event) => {
    const state = event.state as Record<string, unknown> | null;
    const y = state?.[kScrollKey];
    const from = place.value;
    clearTimeout(timer);
    read();
    const moved = from.view !== place.value.view || from.id !== place.value.id;
    pendingScroll = moved ? (typeof y === 'number' ? y : 0) : null;
    if (moved) window.scrollTo(0, pendingScroll ?? 0);
  });
  window.addEventListener('hashchange', read);
  window.addEventListener(
    'scroll',
    () => {
      clearTimeout(timer);
      timer = setTimeout(rememberScroll, 150);
    },
    { passive: true },
  );
  read();
}

/** Called by a view when its content stands, to return to where the reader was. */
export function restoreScroll(): void {
  if (pendingScroll === null) return;
  const y = pendingScroll;
  pendingScroll = null;
  requestAnimationFrame(() => window.scrollTo(0, y));
}

export function navigate(next: Place, how: 'push' | 'replace' = 'push'): void {
  const from = place.value;
  const address = formatPlace(next);
  if (address === formatPlace(from)) return;
  if (how === 'push') {
    rememberScroll();
    history.pushState(null, '', address);
  } else {
    history.replaceState(history.state, '', address);
  }
  place.value = parsePlace(address);
  if (from.view !== next.view || from.id !== next.id) window.scrollTo(0, 0);
}

export function setParams(params: readonly Param[], how: 'push' | 'replace' = 'push'): void {
  navigate({ ...place.value, params }, how);
}
