// The filter of a list as one line: time range, a chip per value (negate, remove), a form to add one.
import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import { kKindLabel, parseEntityParam } from '../entity';
import { accountName } from '../state/accounts';
import { place, setParams } from '../state/router';
import { add, bare, isNegated, keep, remove, toggleNegation, without, type Param } from '../state/url';
import { shorten, visible } from '../text';
import { Text } from './basics';
import { Icon } from './icon';
import { Popover } from './popover';

export interface Field {
  name: string;
  label: string;
  /** The only values that exist, or some that are seen now. */
  values?: readonly string[];
  hint?: string;
  plain?: boolean;
}

const kMaxChip = 48;

function chipText(name: string, value: string, fields: readonly Field[]): [label: string, text: string] {
  const field = fields.find((one) => one.name === name);
  if (name === 'entity') {
    const ref = parseEntityParam(value);
    if (ref !== null) return [kKindLabel[ref.kind], ref.key];
  }
  if (name === 'account_id') {
    const known = accountName(value);
    return ['Account', known === null ? value : `${known} ${value}`];
  }
  return [field?.label ?? name, value];
}

function Chip({ param, fields }: { param: Param; fields: readonly Field[] }) {
  const [name, value] = param;
  const negated = isNegated(value);
  const [label, text] = chipText(name, bare(value), fields);
  const plain = fields.find((one) => one.name === name)?.plain === true;
  const spoken = `${label} ${visible(text)}`;
  const relation = name === 'title' ? 'has' : negated ? 'is not' : 'is';
  return (
    <li class={`chip${negated ? ' chip-not' : ''}`}>
      {plain ? (
        <span class="chip-part">
          {label} <i>{relation}</i>
        </span>
      ) : (
        <button
          type="button"
          class="chip-part"
          title="Switch between is and is not"
          aria-label={`${label} ${relation} ${visible(text)}, switch to ${negated ? 'is' : 'is not'}`}
          onClick={() => setParams(toggleNegation(place.value.params, name, value))}
        >
          {label} <i>{relation}</i>
        </button>
      )}
      <span class="chip-value" title={visible(text)}>
        <Text of={shorten(text, kMaxChip)} />
      </span>
      <button
        type="button"
        class="chip-part"
        aria-label={`Remove filter ${spoken}`}
        onClick={() => setParams(remove(place.value.params, name, value))}
      >
        <Icon name="close" />
      </button>
    </li>
  );
}

function AddForm({ fields, done }: { fields: readonly Field[]; done: () => void }) {
  const [name, setName] = useState(fields[0]?.name ?? '');
  const [negated, setNegated] = useState(false);
  const [value, setValue] = useState('');
  const list = useId();
  const field = fields.find((one) => one.name === name);
  const submit = (event: Event): void => {
    event.preventDefault();
    const text = value.trim();
    if (text === '') return;
    setParams(add(place.value.params, name, negated && field?.plain !== true ? `!${text}` : text));
    done();
  };
  return (
    <form class="filter-form" onSubmit={submit}>
      <label>
        Field
        <select
          class="input"
          value={name}
          onChange={(event) => {
            setName(event.currentTarget.value);
            setValue('');
          }}
        >
          {fields.map((one) => (
            <option key={one.name} value={one.name}>
              {one.label}
            </option>
          ))}
        </select>
      </label>
      {field?.plain !== true && (
        <label>
          Is
          <select
            class="input"
            value={negated ? 'not' : 'is'}
            onChange={(event) => setNegated(event.currentTarget.value === 'not')}
          >
            <option value="is">is</option>
            <option value="not">is not</option>
          </select>
        </label>
      )}
      <label class="filter-value">
        Value
        <input
          class="input"
          value={value}
          list={list}
          placeholder={field?.hint ?? ''}
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => setValue(event.currentTarget.value)}
        />
      </label>
      <datalist id={list}>
        {(field?.values ?? []).map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
      <button type="submit" class="button primary" disabled={value.trim() === ''}>
        Add
      </button>
    </form>
  );
}

export function FilterBar({
  fields,
  names,
  range,
  children,
}: {
  fields: readonly Field[];
  names: readonly string[];
  range: ComponentChildren;
  children?: ComponentChildren;
}) {
  const params = place.value.params;
  const chips = keep(params, names);
  return (
    <div class="filter-bar" role="group" aria-label="Filter">
      {range}
      {chips.length > 0 && (
        <ul class="chips" aria-label="Filters in use">
          {chips.map((param) => (
            <Chip key={param.join('=')} param={param} fields={fields} />
          ))}
        </ul>
      )}
      {fields.length > 0 && (
        <Popover
          label="Add a filter"
          class="ghost"
          button={
            <>
              <Icon name="plus" />
              Filter
            </>
          }
        >
          {(close) => <AddForm fields={fields} done={close} />}
        </Popover>
      )}
      {chips.length > 1 && (
        <button type="button" class="button ghost" onClick={() => setParams(without(params, names))}>
          Clear all
        </button>
      )}
      <div class="filter-end">{children}</div>
    </div>
  );
}
