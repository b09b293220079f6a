import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fold, unfolded } from '../src/fold';
import type { EventRow } from '../src/types';

let serial = 0;

function event(changes: Partial<EventRow> = {}): EventRow {
  serial += 1;
  return {
    event_id: `id-${serial}`,
    event_key: `key-${serial}`,
    event_time: '2026-11-20T05:00:00Z',
    account_id: '111122223333',
    account_name: 'prod',
    region: 'us-east-1',
    service: 's3.amazonaws.com',
    api: 'GetObject',
    outcome: 'ok',
    error_code: null,
    error_message: null,
    read_only: true,
    event_class: 'data',
    principal: { kind: 'principal', key: 'AIDAX', name: 'ci', account_id: '111122223333' },
    session_name: null,
    source_identity: null,
    access_key_id: 'AKIAX',
    source_ip: '192.0.2.1',
    user_agent: 'aws-cli',
    invoked_by: null,
    caller_account_id: null,
    identity_type: 'IAMUser',
    resources: [],
    resources_more: 0,
    matched: [],
    flags: [],
    ...changes,
  };
}

test('a run of one lane, API, outcome and account is one row', () => {
  const events = [event(), event({ region: 'eu-west-1' }), event()];
  const folds = fold(events);
  assert.equal(folds.length, 1);
  assert.deepEqual(folds[0]?.events, events);
});

test('each part of the lane breaks the run', () => {
  const changes: Partial<EventRow>[] = [
    { access_key_id: 'AKIAY' },
    { source_ip: '192.0.2.2' },
    { user_agent: 'boto' },
    { service: 'ec2.amazonaws.com' },
    { api: 'PutObject' },
    { outcome: 'denied' },
    { account_id: '444455556666' },
    { principal: null },
  ];
  for (const change of changes) assert.equal(fold([event(), event(change), event()]).length, 3, JSON.stringify(change));
});

test('only neighbours fold, so the order of time stays', () => {
  const folds = fold([event(), event({ api: 'PutObject' }), event()]);
  assert.deepEqual(
    folds.map((one) => one.events.length),
    [1, 1, 1],
  );
});

test('nothing is lost or doubled', () => {
  const events = Array.from({ length: 500 }, (_, index) =>
    event({ api: index % 7 < 4 ? 'A' : 'B', outcome: index % 11 === 0 ? 'denied' : 'ok' }),
  );
  assert.deepEqual(
    fold(events).flatMap((one) => one.events),
    events,
  );
  assert.deepEqual(
    unfolded(events).flatMap((one) => one.events),
    events,
  );
  assert.deepEqual(fold([]), []);
});

test('values that would run together as text stay apart', () => {
  assert.equal(
    fold([event({ access_key_id: 'A","B', source_ip: 'C' }), event({ access_key_id: 'A', source_ip: 'B","C' })]).length,
    2,
  );
});

test('appending a page keeps the identity of earlier rows', () => {
  const first = [event(), event({ api: 'B' })];
  const more = [...first, event({ api: 'B' }), event()];
  assert.deepEqual(
    fold(more)
      .slice(0, 2)
      .map((one) => one.id),
    fold(first).map((one) => one.id),
  );
});
