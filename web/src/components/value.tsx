// A value one can act on: all its activity, its findings, filter for, filter out, copy.
import { createContext, type ComponentChildren } from 'preact';
import { useContext, useMemo } from 'preact/hooks';
import { activityFilter, activityLink, entityText, findingFilter, findingsLink, kKindLabel } from '../entity';
import { copyText } from '../clipboard';
import { place, setParams } from '../state/router';
import { add, negate, type Param } from '../state/url';
import { shorten, visible } from '../text';
import type { EntityKind } from '../types';
import { Text } from './basics';
import { menu, type MenuItem } from './menu';

/** The time range that a pivot takes along; a finding gives its scope, a timeline its range. */
const Time = createContext<readonly Param[]>([]);

/** Keeps the identity of equal ranges: a new one would draw every value below again. */
export function PivotTime({ value, children }: { value: readonly Param[]; children: ComponentChildren }) {
  const kept = useMemo(() => value, [JSON.stringify(value)]);
  return <Time.Provider value={kept}>{children}</Time.Provider>;
}

interface Ref {
  kind: EntityKind;
  key: string;
  name?: string | null;
}

interface Props {
  entity?: Ref | null;
  /** For values that are no entity: the filter of the current list that they stand for. */
  filter?: Param;
  text?: string | null;
  mono?: boolean;
  max?: number;
}

const kMaxMenuText = 44;

function filterHere(props: Props): Param | null {
  const view = place.value.view;
  if (view === 'quarantine') return props.filter ?? null;
  if (view !== 'findings' && view !== 'activity') return null;
  if (props.filter !== undefined) return props.filter;
  if (props.entity == null) return null;
  return view === 'findings' ? findingFilter(props.entity) : activityFilter(props.entity);
}

function items(props: Props, time: readonly Param[]): MenuItem[] {
  const out: MenuItem[] = [];
  const here = filterHere(props);
  if (props.entity != null) {
    out.push({ text: 'All activity', href: activityLink(props.entity, time), group: 0 });
    out.push({ text: 'Findings that name it', href: findingsLink(props.entity), group: 0 });
  }
  if (here !== null) {
    const [name, value] = here;
    out.push({ text: 'Filter for this', action: () => setParams(add(place.value.params, name, value)), group: 1 });
    // The quarantine knows no negation.
    if (place.value.view !== 'quarantine')
      out.push({ text: 'Filter out', action: () => setParams(add(place.value.params, name, negate(value))), group: 1 });
  }
  const copied = props.entity?.key ?? props.filter?.[1] ?? props.text ?? '';
  out.push({
    text: `Copy ${shorten(visible(copied), kMaxMenuText)}`,
    action: () => void copyText(copied, 'value'),
    group: 2,
  });
  const name = props.entity?.name;
  if (name != null && name !== '' && name !== copied) {
    out.push({
      text: `Copy ${shorten(visible(name), kMaxMenuText)}`,
      action: () => void copyText(name, 'name'),
      group: 2,
    });
  }
  return out;
}

export function Value(props: Props) {
  const time = useContext(Time);
  const full = props.text ?? (props.entity != null ? entityText(props.entity) : (props.filter?.[1] ?? ''));
  if (full === '') return <span class="none">–</span>;
  const kind = props.entity != null ? kKindLabel[props.entity.kind] : 'Value';
  const title = props.entity != null ? `${kind}: ${visible(props.entity.key)}` : visible(full);
  const open = (event: Event): void => {
    event.preventDefault();
    event.stopPropagation();
    menu.value = {
      label: `${kind} ${visible(shorten(full, kMaxMenuText))}`,
      items: items(props, time),
      anchor: event.currentTarget as HTMLElement,
    };
  };
  return (
    <button
      type="button"
      class={`value${props.mono === true ? ' mono' : ''}`}
      title={title}
      aria-haspopup="menu"
      data-kind={props.entity?.kind}
      onClick={open}
    >
      <Text of={props.max === undefined ? full : shorten(full, props.max)} />
    </button>
  );
}
