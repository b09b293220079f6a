// Keyboard: one listener for the whole page. Rows are elements with data-row; the view under them handles Enter.
import { signal } from '@preact/signals';
import { closeMenu } from '../components/menu';
import { link } from './url';

export const helpOpen = signal(false);

const escapes: (() => void)[] = [];

/** The last one registered is asked first. Returns the function that takes it back. */
export function onEscape(close: () => void): () => void {
  escapes.push(close);
  return () => {
    const at = escapes.lastIndexOf(close);
    if (at >= 0) escapes.splice(at, 1);
  };
}

const kGoTo: Record<string, string> = {
  o: link('overview'),
  f: link('findings', [['open', 'true']]),
  a: link('activity'),
  c: link('accounts'),
  v: link('coverage'),
  q: link('quarantine'),
};

let goPending = false;

function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
  );
}

function moveRow(step: 1 | -1): void {
  const rows = Array.from(document.querySelectorAll<HTMLElement>('main [data-row]'));
  if (rows.length === 0) return;
  const focused = rows.findIndex((row) => row.contains(document.activeElement));
  const selected = rows.findIndex(
    (row) => row.getAttribute('aria-selected') === 'true' || row.classList.contains('selected'),
  );
  const at = focused >= 0 ? focused : selected;
  const next = rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? 0 : at + step))];
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: 'nearest' });
  // With the drawer open it follows the row, so that a queue can be read without the mouse.
  const follows = document.querySelector('.drawer') !== null && next?.classList.contains('fold') === false;
  if (follows) next?.click();
}

function plainKey(key: string): boolean {
  switch (key) {
    case 'j':
      moveRow(1);
      return true;
    case 'k':
      moveRow(-1);
      return true;
    case '/':
      document.querySelector<HTMLElement>('#search')?.focus();
      return true;
    case '?':
      helpOpen.value = !helpOpen.value;
      return true;
    case 'g':
      goPending = true;
      setTimeout(() => (goPending = false), 1200);
      return true;
    default:
      return false;
  }
}

export function startKeys(): void {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape') {
      if (closeMenu()) return;
      const top = escapes[escapes.length - 1];
      if (typing(event.target)) (event.target as HTMLElement).blur();
      else top?.();
      return;
    }
    if (typing(event.target)) return;
    if (goPending) {
      goPending = false;
      const address = kGoTo[event.key];
      if (address !== undefined) {
        event.preventDefault();
        location.hash = address.slice(1);
      }
      return;
    }
    if (plainKey(event.key)) event.preventDefault();
  });
}
