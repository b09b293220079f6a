// What an entity is called, and which filters and pages it leads to. Pure.
import { link, type Param } from './state/url';
import type { EntityKind, EntityRef } from './types';

export const kKindLabel: Record<EntityKind, string> = {
  account: 'Account',
  principal: 'User or role',
  role_session: 'Role session',
  access_key: 'Access key',
  instance: 'Instance',
  ip_address: 'IP address',
  user_agent: 'User agent',
  resource: 'Resource',
};

export function entity(
  kind: EntityKind,
  key: string,
  name: string | null = null,
  account_id: string | null = null,
): EntityRef {
  return { kind, key, name, account_id };
}

export function entityParam(ref: { kind: EntityKind; key: string }): string {
  return `${ref.kind}:${ref.key}`;
}

export function parseEntityParam(value: string): { kind: EntityKind; key: string } | null {
  const colon = value.indexOf(':');
  if (colon <= 0) return null;
  const kind = value.slice(0, colon);
  return Object.hasOwn(kKindLabel, kind) ? { kind: kind as EntityKind, key: value.slice(colon + 1) } : null;
}

/** The name where there is one; for bare keys the part that people recognise. */
export function entityText(ref: { kind: EntityKind; key: string; name?: string | null }): string {
  if (ref.name !== null && ref.name !== undefined && ref.name !== '') return ref.name;
  if (ref.kind === 'resource' && ref.key.startsWith('arn:')) return ref.key.split(':').slice(5).join(':') || ref.key;
  return ref.key;
}

/** The same entity as a filter of GET /findings. */
export function findingFilter(ref: { kind: EntityKind; key: string }): Param {
  switch (ref.kind) {
    case 'account':
      return ['account_id', ref.key];
    case 'ip_address':
      return ['remote_ip', ref.key];
    case 'principal':
    case 'access_key':
    case 'instance':
    case 'resource':
      return [ref.kind, ref.key];
    default:
      return ['entity', entityParam(ref)];
  }
}

/** The same entity as a narrowing filter of GET /activity. */
export function activityFilter(ref: { kind: EntityKind; key: string }): Param {
  return ref.kind === 'account' ? ['account_id', ref.key] : [ref.kind, ref.key];
}

/** The address of everything that an entity did and that was done to it. */
export function activityLink(ref: { kind: EntityKind; key: string }, time: readonly Param[] = []): string {
  return link('activity', [['entity', entityParam(ref)], ...time]);
}

export function findingsLink(ref: { kind: EntityKind; key: string }, time: readonly Param[] = []): string {
  return link('findings', [['entity', entityParam(ref)], ...time]);
}

export function networkText(asn: string | number | null, org: string | null, country: string | null): string {
  const number = asn === null || asn === '' ? '' : `AS${String(asn).replace(/^AS/i, '')}`;
  return [[number, org ?? ''].filter((part) => part !== '').join(' '), country ?? '']
    .filter((part) => part !== '')
    .join(' · ');
}
