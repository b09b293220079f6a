// The panel on the right that shows one thing while the list stays in view. Esc closes it.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { onEscape } from '../state/keys';
import { Icon } from './icon';

export function Drawer({
  label,
  head,
  close,
  children,
  subject,
}: {
  label: string;
  head: ComponentChildren;
  close: () => void;
  children: ComponentChildren;
  subject: string;
}) {
  const body = useRef<HTMLDivElement>(null);
  useEffect(() => onEscape(close));
  useEffect(() => body.current?.scrollTo(0, 0), [subject]);
  return (
    <aside class="drawer" aria-label={label}>
      <header class="drawer-head">
        <div class="drawer-title">{head}</div>
        <button type="button" class="icon-button" aria-label="Close (Esc)" title="Close (Esc)" onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <div ref={body} class="drawer-body" tabIndex={0} role="region" aria-label={`${label}, content`}>
        {children}
      </div>
    </aside>
  );
}
