// All accounts, registered or only seen, with what they last sent: silence shows here first.
import { useEffect, useState } from 'preact/hooks';
import { apiPath } from '../api';
import { Ago, Text, Time, zoneText } from '../components/basics';
import { Empty, ProblemBox, Skeleton } from '../components/states';
import { Value } from '../components/value';
import { useJson } from '../state/resource';
import { restoreScroll } from '../state/router';
import { asOf } from '../state/session';
import { link } from '../state/url';
import { count, plural, visible } from '../text';
import { kDayMs, parseInstant } from '../time';
import type { Account } from '../types';

function isSilent(account: Account, now_ms: number): boolean {
  const last_ms = account.last_event_at === null ? null : parseInstant(account.last_event_at);
  return last_ms === null || now_ms - last_ms > kDayMs;
}

function matches(account: Account, needle: string): boolean {
  return [
    account.account_id,
    account.account_name,
    account.organizational_unit,
    account.owner,
    account.environment,
  ].some((text) => (text ?? '').toLowerCase().includes(needle));
}

function Row({ account }: { account: Account }) {
  const silent = isSilent(account, asOf.value);
  return (
    <tr data-row={account.account_id} tabIndex={-1}>
      <th scope="row">
        <Value entity={{ kind: 'account', key: account.account_id, name: account.account_name }} />
        {!account.registered && <span class="tag tag-warn">not registered</span>}
        {account.account_name !== null && (
          <div class="second mono">
            <Text of={account.account_id} />
          </div>
        )}
      </th>
      <td>
        <Text of={account.organizational_unit} />
      </td>
      <td>
        <Text of={account.environment} />
      </td>
      <td>
        <Text of={account.owner} />
      </td>
      <td>
        <Text of={account.status} />
      </td>
      <td class="number">
        <a
          class="link"
          href={link('findings', [
            ['account_id', account.account_id],
            ['open', 'true'],
          ])}
        >
          {count(account.open_findings)}
        </a>
      </td>
      <td>
        <Time at={account.last_finding_at} detail="minute" />
        <div class="second">
          <Ago at={account.last_finding_at} />
        </div>
      </td>
      <td class={silent ? 'silent' : ''}>
        <Time at={account.last_event_at} detail="minute" />
        <div class="second">
          {account.last_event_at === null ? 'never sent an event' : <Ago at={account.last_event_at} />}{' '}
          <a
            class="link"
            href={link('coverage', [['account_id', account.account_id]])}
            aria-label={`Sources of ${visible(account.account_name ?? account.account_id)}`}
          >
            sources
          </a>
        </div>
      </td>
    </tr>
  );
}

export function Accounts() {
  const [needle, setNeedle] = useState('');
  const answer = useJson<{ accounts: Account[] }>(apiPath(['accounts']));
  const accounts = answer.data?.accounts ?? [];
  const shown = accounts
    .filter((one) => matches(one, needle.trim().toLowerCase()))
    .sort(
      (a, b) =>
        Number(isSilent(b, asOf.value)) - Number(isSilent(a, asOf.value)) ||
        b.open_findings - a.open_findings ||
        a.account_id.localeCompare(b.account_id),
    );
  const silent = accounts.filter((one) => isSilent(one, asOf.value)).length;
  useEffect(() => {
    if (answer.data !== undefined) restoreScroll();
  }, [answer.data]);
  return (
    <div class="page">
      <header class="page-head">
        <h1>Accounts</h1>
      </header>
      {answer.problem !== undefined && <ProblemBox problem={answer.problem} retry={answer.reload} />}
      {answer.data === undefined && answer.problem === undefined && <Skeleton rows={12} label="Loading accounts" />}
      {answer.data !== undefined && (
        <section class="list panel flush" aria-label="Accounts">
          <div class="list-head">
            <p class="list-total" role="status">
              <b>{count(accounts.length)}</b> {accounts.length === 1 ? 'account' : 'accounts'}
              {silent > 0 && <span class="silent"> · {plural(silent, 'account')} silent for a day or more</span>}
            </p>
            <div class="list-tools">
              <input
                class="input"
                type="search"
                placeholder="Find an account"
                aria-label="Find an account"
                value={needle}
                onInput={(event) => setNeedle(event.currentTarget.value)}
              />
            </div>
          </div>
          {accounts.length === 0 && (
            <Empty title="No accounts yet">
              Accounts appear when they send something. An administrator can register the expected ones with PUT
              /api/v1/accounts.
            </Empty>
          )}
          {accounts.length > 0 && shown.length === 0 && (
            <Empty title="No account matches">Search by name, id, owner, unit or environment.</Empty>
          )}
          {shown.length > 0 && (
            <div class="table-box" tabIndex={0} role="group" aria-label="Accounts, table">
              <table class="table accounts">
                <caption class="offscreen">Accounts, silent ones first</caption>
                <thead>
                  <tr>
                    <th scope="col">Account</th>
                    <th scope="col">Unit</th>
                    <th scope="col">Environment</th>
                    <th scope="col">Owner</th>
                    <th scope="col">Status</th>
                    <th scope="col" class="number">
                      Open findings
                    </th>
                    <th scope="col">Last finding ({zoneText()})</th>
                    <th scope="col">Last event ({zoneText()})</th>
                  </tr>
                </thead>
                <tbody>
                  {shown.map((one) => (
                    <Row key={one.account_id} account={one} />
                  ))}
                </tbody>
              </table>
            </div>
          )}
        </section>
      )}
    </div>
  );
}
