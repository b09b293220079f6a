// The keyboard, on one sheet.
import { useEffect, useRef } from 'preact/hooks';
import { helpOpen, onEscape } from '../state/keys';
import { Icon } from './icon';

const kKeys: readonly [keys: string[], what: string][] = [
  [['j'], 'next row'],
  [['k'], 'row before'],
  [['Enter'], 'open the row'],
  [['Esc'], 'close the panel or menu'],
  [['/'], 'search'],
  [['g', 'o'], 'overview'],
  [['g', 'f'], 'findings'],
  [['g', 'a'], 'activity'],
  [['g', 'c'], 'accounts'],
  [['g', 'v'], 'coverage'],
  [['g', 'q'], 'quarantine'],
  [['?'], 'this help'],
];

function Sheet() {
  const dialog = useRef<HTMLDivElement>(null);
  const close = (): void => {
    helpOpen.value = false;
  };
  useEffect(() => onEscape(close), []);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    dialog.current?.querySelector<HTMLElement>('button')?.focus();
    return () => before?.focus?.();
  }, []);
  return (
    <div
      class="veil"
      onPointerDown={(event) => {
        if (event.target === event.currentTarget) close();
      }}
    >
      <div
        ref={dialog}
        class="sheet"
        role="dialog"
        aria-modal="true"
        aria-labelledby="help-title"
        onKeyDown={(event) => {
          if (event.key === 'Tab') event.preventDefault();
        }}
      >
        <div class="sheet-head">
          <h2 id="help-title">Keyboard</h2>
          <button type="button" class="icon-button" aria-label="Close (Esc)" onClick={close}>
            <Icon name="close" />
          </button>
        </div>
        <dl class="keys">
          {kKeys.map(([keys, what]) => (
            <div key={what}>
              <dt>
                {keys.map((key, index) => (
                  <kbd key={index}>{key}</kbd>
                ))}
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
        <p class="dim">
          Any value opens a menu: all its activity, its findings, filter for, filter out, copy. Drag over a chart to
          narrow the time.
        </p>
      </div>
    </div>
  );
}

export function Help() {
  return helpOpen.value ? <Sheet /> : null;
}
