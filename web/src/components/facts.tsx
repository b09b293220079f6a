// Label and value pairs, each value with its menu or a copy button.
import type { ComponentChildren } from 'preact';
import type { Fact } from '../types';
import { CopyButton, Text } from './basics';
import { Value } from './value';

export function FactList({ children }: { children: ComponentChildren }) {
  return <dl class="facts">{children}</dl>;
}

/** Nothing at all for an absent fact: a row of dashes says less than no row. */
export function FactRow({
  label,
  value,
  copy,
  children,
}: {
  label: string;
  value?: string | number | null;
  copy?: string | null;
  children?: ComponentChildren;
}) {
  if (children === undefined && (value === null || value === undefined || value === '')) return null;
  const copied = copy ?? (typeof value === 'string' ? value : null);
  return (
    <div class="fact">
      <dt>
        <Text of={label} />
      </dt>
      <dd>
        <span class="fact-value">{children ?? <Text of={value} />}</span>
        {copied !== null && copied !== '' && <CopyButton text={copied} label={label} />}
      </dd>
    </div>
  );
}

export function TypedFacts({ facts }: { facts: readonly Fact[] }) {
  return (
    <FactList>
      {facts.map((fact, index) => (
        <FactRow key={index} label={fact.label} copy={fact.entity?.key ?? fact.value}>
          {fact.entity === null ? <Text of={fact.value} /> : <Value entity={fact.entity} text={fact.value} />}
        </FactRow>
      ))}
    </FactList>
  );
}
