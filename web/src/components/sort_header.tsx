// A column head that sorts. Severity, times and counts start with the largest, names with the first.
import { place, setParams } from '../state/router';
import { get, setMany } from '../state/url';
import { Icon } from './icon';

export const kDefaultSort = 'last_seen';
const kAscendingFirst = ['type', 'account', 'region'];

export function SortHeader({
  name,
  label,
  class: extra = '',
  number = false,
}: {
  name: string;
  label: string;
  class?: string;
  number?: boolean;
}) {
  const params = place.value.params;
  const active = (get(params, 'sort') ?? kDefaultSort) === name;
  const first = kAscendingFirst.includes(name) ? 'asc' : 'desc';
  const order = active ? (get(params, 'order') ?? 'desc') : null;
  const apply = (): void => {
    const next = order === null ? first : order === 'asc' ? 'desc' : 'asc';
    const isDefault = name === kDefaultSort && next === 'desc';
    setParams(setMany(params, { sort: isDefault ? null : name, order: isDefault ? null : next }));
  };
  return (
    <th
      scope="col"
      class={`${extra}${number ? ' number' : ''}`}
      aria-sort={order === null ? 'none' : order === 'asc' ? 'ascending' : 'descending'}
    >
      <button type="button" class={`sort${active ? ' sort-on' : ''}`} onClick={apply}>
        {label}
        <Icon name={order === 'asc' ? 'up' : 'down'} />
      </button>
    </th>
  );
}
