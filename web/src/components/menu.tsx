// The one menu of the page: what can be done with a value. Opened by value.tsx, drawn once at the root.
import { signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';

export interface MenuItem {
  text: string;
  /** An address: opens in place, or in a new tab the way links do. */
  href?: string;
  action?: () => void;
  group?: number;
}

interface OpenMenu {
  label: string;
  items: MenuItem[];
  anchor: HTMLElement;
}

export const menu = signal<OpenMenu | null>(null);

export function closeMenu(): boolean {
  const open = menu.value;
  if (open === null) return false;
  menu.value = null;
  if (open.anchor.isConnected) open.anchor.focus({ preventScroll: true });
  return true;
}

const kMargin_px = 8;

export function MenuLayer() {
  const box = useRef<HTMLDivElement>(null);
  const open = menu.value;
  useLayoutEffect(() => {
    const element = box.current;
    if (open === null || element === null) return;
    const anchor = open.anchor.getBoundingClientRect();
    const size = element.getBoundingClientRect();
    const below = anchor.bottom + 4 + size.height < window.innerHeight;
    element.style.left = `${Math.max(kMargin_px, Math.min(anchor.left, window.innerWidth - size.width - kMargin_px))}px`;
    element.style.top = `${below ? anchor.bottom + 4 : Math.max(kMargin_px, anchor.top - 4 - size.height)}px`;
    element.querySelector<HTMLElement>('[role=menuitem]')?.focus({ preventScroll: true });
  }, [open]);
  useEffect(() => {
    if (open === null) return undefined;
    const outside = (event: Event): void => {
      if (box.current?.contains(event.target as Node) !== true) menu.value = null;
    };
    document.addEventListener('pointerdown', outside);
    window.addEventListener('scroll', outside, { passive: true, capture: true });
    window.addEventListener('resize', outside);
    return () => {
      document.removeEventListener('pointerdown', outside);
      window.removeEventListener('scroll', outside, { capture: true });
      window.removeEventListener('resize', outside);
    };
  }, [open]);
  if (open === null) return null;
  const move = (event: KeyboardEvent): void => {
    const items = Array.from(box.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? []);
    const at = items.indexOf(document.activeElement as HTMLElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1, j: at + 1, k: at - 1 }[
      event.key
    ];
    if (event.key === 'Escape' || event.key === 'Tab') {
      event.preventDefault();
      event.stopPropagation();
      closeMenu();
    } else if (next !== undefined) {
      event.preventDefault();
      event.stopPropagation();
      items[(next + items.length) % items.length]?.focus();
    }
  };
  return (
    <div ref={box} class="menu" role="menu" aria-label={open.label} onKeyDown={move}>
      {open.items.map((item, index) => {
        const apart = index > 0 && open.items[index - 1]?.group !== item.group;
        const class_ = `menu-item${apart ? ' menu-apart' : ''}`;
        const run = (): void => {
          menu.value = null;
          item.action?.();
        };
        return item.href !== undefined ? (
          <a key={index} class={class_} role="menuitem" tabIndex={-1} href={item.href} onClick={run}>
            {item.text}
          </a>
        ) : (
          <button key={index} type="button" class={class_} role="menuitem" tabIndex={-1} onClick={run}>
            {item.text}
          </button>
        );
      })}
    </div>
  );
}
