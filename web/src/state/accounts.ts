// Names of accounts for labels, asked once per session; labels fall back to the id.
import { signal } from '@preact/signals';
import { apiPath, getJson } from '../api';
import type { Account } from '../types';

const names = signal<ReadonlyMap<string, string>>(new Map());
let asked = false;

export function startAccounts(): void {
  if (asked) return;
  asked = true;
  getJson<{ accounts: Account[] }>(apiPath(['accounts'])).then(
    ({ accounts }) => {
      names.value = new Map(
        accounts.filter((one) => one.account_name !== null).map((one) => [one.account_id, one.account_name ?? '']),
      );
    },
    () => (asked = false), // labels stay ids; the next view asks again
  );
}

export function forgetAccounts(): void {
  asked = false;
  names.value = new Map();
}

export function accountName(account_id: string): string | null {
  return names.value.get(account_id) ?? null;
}
