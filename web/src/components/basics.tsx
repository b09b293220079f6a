// The small parts that everything is made of.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { copyText } from '../clipboard';
import { asOf } from '../state/session';
import { zone } from '../state/prefs';
import { pieces, visible } from '../text';
import { formatAgo, formatInstant, zoneLabel, type Detail } from '../time';
import type { Outcome, SeverityLabel } from '../types';
import { Icon } from './icon';

/** Text that others wrote: shown as text, with what would mislead the eye made visible. */
export function Text({ of }: { of: string | number | null | undefined }) {
  if (of === null || of === undefined || of === '') return <span class="none">–</span>;
  const parts = pieces(String(of));
  if (parts.length === 1 && parts[0]?.escaped === false) return <>{parts[0].text}</>;
  return (
    <>
      {parts.map((part, index) =>
        part.escaped ? (
          <span key={index} class="escape" title="a character that cannot be seen">
            {part.text}
          </span>
        ) : (
          part.text
        ),
      )}
    </>
  );
}

export function Time({ at, detail = 'second' }: { at: string | number | null | undefined; detail?: Detail }) {
  if (at === null || at === undefined) return <span class="none">–</span>;
  const other = zone.value === 'utc' ? 'local' : 'utc';
  const label = (where: 'utc' | 'local'): string =>
    `${formatInstant(at, where, 'full')} ${zoneLabel(where, new Date(at).getTime())}`;
  return (
    <time
      class="time"
      dateTime={typeof at === 'string' ? at : new Date(at).toISOString()}
      title={`${label(zone.value)}\n${label(other)}`}
    >
      {formatInstant(at, zone.value, detail)}
    </time>
  );
}

export function Ago({ at }: { at: string | null | undefined }) {
  if (at === null || at === undefined) return null;
  return <span class="dim ago">{formatAgo(at, asOf.value)}</span>;
}

export function zoneText(): string {
  return zone.value === 'utc' ? 'UTC' : `local, ${zoneLabel('local', asOf.value)}`;
}

/** A finding type, its purpose and resource lighter than what tells it from others. */
export function TypeName({ of }: { of: string }) {
  const slash = of.indexOf('/');
  if (slash <= 0 || slash === of.length - 1) return <Text of={of} />;
  return (
    <>
      <span class="type-prefix">
        <Text of={of.slice(0, slash + 1)} />
      </span>
      <Text of={of.slice(slash + 1)} />
    </>
  );
}

export function Severity({ label, score }: { label: SeverityLabel; score?: number | null }) {
  return (
    <span class={`severity severity-${label}`}>
      {label === 'informational' ? 'info' : label}
      {score !== null && score !== undefined && <span class="severity-score">{score}</span>}
    </span>
  );
}

const kOutcomeText: Record<Outcome, string> = { ok: 'ok', denied: 'denied', failed: 'failed' };

export function OutcomeMark({ outcome, code }: { outcome: Outcome; code?: string | null }) {
  return (
    <span class={`outcome outcome-${outcome}`} title={code === null || code === undefined ? undefined : visible(code)}>
      {kOutcomeText[outcome] ?? outcome}
    </span>
  );
}

export function CopyButton({ text, label }: { text: string | (() => Promise<string> | string); label: string }) {
  const [done, setDone] = useState(false);
  const copy = async (event: Event): Promise<void> => {
    event.stopPropagation();
    const value = typeof text === 'string' ? text : await text();
    await copyText(value, label);
    setDone(true);
    setTimeout(() => setDone(false), 1200);
  };
  return (
    <button
      type="button"
      class="icon-button copy"
      aria-label={`Copy ${visible(label)}`}
      title={`Copy ${visible(label)}`}
      onClick={(event) => void copy(event)}
    >
      <Icon name={done ? 'check' : 'copy'} />
    </button>
  );
}

export function Panel({
  title,
  aside,
  children,
  class: extra = '',
  id,
}: {
  title: ComponentChildren;
  aside?: ComponentChildren;
  children: ComponentChildren;
  class?: string;
  id: string;
}) {
  return (
    <section class={`panel ${extra}`} aria-labelledby={id}>
      <header class="panel-head">
        <h2 id={id}>{title}</h2>
        {aside !== undefined && <div class="panel-aside">{aside}</div>}
      </header>
      {children}
    </section>
  );
}
