// The state of a view, in its address: #/VIEW/ID?name=value&name=value. Pure; who reads and writes the
// address bar is router.ts. A parameter may repeat; "!value" negates. Names that the API knows are its own.

export const kViews = ['overview', 'findings', 'finding', 'activity', 'accounts', 'coverage', 'quarantine'] as const;
export type View = (typeof kViews)[number];
export type Param = readonly [name: string, value: string];

export interface Place {
  view: View;
  id: string | null;
  params: readonly Param[];
}

/** Filters of GET /findings that an address may carry. */
export const kFindingFilters = [
  'severity',
  'account_id',
  'region',
  'type',
  'type_purpose',
  'resource_type',
  'product',
  'status',
  'assignee',
  'record_state',
  'sample',
  'archived',
  'open',
  'principal',
  'access_key',
  'user_name',
  'resource',
  'remote_ip',
  'instance',
  'entity',
  'title',
] as const;

/** Filters of GET /activity that an address may carry. */
export const kActivityFilters = [
  'entity',
  'principal',
  'role_session',
  'access_key',
  'instance',
  'ip_address',
  'user_agent',
  'resource',
  'account_id',
  'region',
  'service',
  'api',
  'outcome',
  'read_only',
  'event_class',
  'error_code',
] as const;

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** Halves of surrogate pairs, which an address cannot carry, become U+FFFD. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}

/** Like encodeURIComponent, but keeps what an address can carry readable: times, ARNs, lists, negations. */
function encode(text: string): string {
  return encodeURIComponent(wellFormed(text)).replace(/%(3A|2F|2C|40|24|3B)/g, (match) => decodeURIComponent(match));
}

function encodeSegment(text: string): string {
  return encodeURIComponent(wellFormed(text)).replace(/%(3A|40|24|2C)/g, (match) => decodeURIComponent(match));
}

export function parsePlace(hash: string): Place {
  const text = hash.replace(/^#?\/?/, '');
  const mark = text.indexOf('?');
  const path = mark < 0 ? text : text.slice(0, mark);
  const query = mark < 0 ? '' : text.slice(mark + 1);
  const slash = path.indexOf('/');
  const name = slash < 0 ? path : path.slice(0, slash);
  const id = slash < 0 ? '' : decode(path.slice(slash + 1));
  const view = kViews.find((known) => known === name) ?? 'overview';
  const params = query
    .split('&')
    .filter((part) => part !== '')
    .map((part): Param => {
      const equals = part.indexOf('=');
      return equals < 0 ? [decode(part), ''] : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))];
    });
  return { view, id: id === '' ? null : id, params };
}

export function formatParams(params: readonly Param[]): string {
  return params.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
}

export function formatPlace(place: Place): string {
  const path = place.view === 'overview' ? '' : place.view;
  const id = place.id === null ? '' : `/${encodeSegment(place.id)}`;
  const query = formatParams(place.params);
  return `#/${path}${id}${query === '' ? '' : `?${query}`}`;
}

export function link(view: View, params: readonly Param[] = [], id: string | null = null): string {
  return formatPlace({ view, id, params });
}

export function getAll(params: readonly Param[], name: string): string[] {
  return params.filter(([known]) => known === name).map(([, value]) => value);
}

export function get(params: readonly Param[], name: string): string | null {
  return params.find(([known]) => known === name)?.[1] ?? null;
}

/** Replaces every value of a name, in place of the first; null removes it. */
export function set(params: readonly Param[], name: string, value: string | readonly string[] | null): Param[] {
  const values = value === null ? [] : typeof value === 'string' ? [value] : value;
  const fresh = values.map((one): Param => [name, one]);
  const first = params.findIndex(([known]) => known === name);
  if (first < 0) return [...params, ...fresh];
  const before = params.slice(0, first);
  const after = params.slice(first + 1).filter(([known]) => known !== name);
  return [...before, ...fresh, ...after];
}

export function setMany(params: readonly Param[], changes: Record<string, string | null>): Param[] {
  return Object.entries(changes).reduce<Param[]>((all, [name, value]) => set(all, name, value), [...params]);
}

export function isNegated(value: string): boolean {
  return value.startsWith('!');
}

export function bare(value: string): string {
  return isNegated(value) ? value.slice(1) : value;
}

export function negate(value: string): string {
  return isNegated(value) ? value.slice(1) : `!${value}`;
}

function sameParam(a: Param, name: string, value: string): boolean {
  return a[0] === name && bare(a[1]) === bare(value);
}

/** Adds one value; the opposite of it goes, as both together select nothing. */
export function add(params: readonly Param[], name: string, value: string): Param[] {
  return [...params.filter((param) => !sameParam(param, name, value)), [name, value]];
}

export function remove(params: readonly Param[], name: string, value: string): Param[] {
  return params.filter((param) => !(param[0] === name && param[1] === value));
}

export function toggle(params: readonly Param[], name: string, value: string): Param[] {
  const present = params.some((param) => param[0] === name && param[1] === value);
  return present ? remove(params, name, value) : add(params, name, value);
}

/** Swaps "is" and "is not" where the chip stands. */
export function toggleNegation(params: readonly Param[], name: string, value: string): Param[] {
  return params.map((param): Param => (param[0] === name && param[1] === value ? [name, negate(value)] : param));
}

export function keep(params: readonly Param[], names: readonly string[]): Param[] {
  return params.filter(([name]) => names.includes(name));
}

export function without(params: readonly Param[], names: readonly string[]): Param[] {
  return params.filter(([name]) => !names.includes(name));
}
