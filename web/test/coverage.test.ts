import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countByStatus, hoursOf, matrixOf, newest, selectionOf, slowest, spanText, tellingInstant, worst } from '../src/coverage';
import type { CoverageAccount, CoverageCell } from '../src/types';

function account(account_id: string, account_name: string | null = null): CoverageAccount {
  return {
    account_id,
    account_name,
    registered: true,
    active: true,
    status: 'ok',
    last_at: null,
    data_events_at: null,
    detector_at: null,
    heartbeat_at: null,
  };
}

function cell(account_id: string, region: string | null, more: Partial<CoverageCell> = {}): CoverageCell {
  return {
    account_id,
    region,
    source: 'cloudtrail_management',
    status: 'ok',
    since: null,
    expected_by: null,
    first_at: null,
    last_at: null,
    last_received_at: null,
    records: 1,
    usual_pause_seconds: null,
    lag: { records: 0, p50_seconds: null, p99_seconds: null },
    gap_count: 0,
    gaps: [],
    hours: '',
    ...more,
  };
}

test('the worst account and the most used Region come first', () => {
  const accounts = [account('1', 'alpha'), account('2', 'beta'), account('3', 'gamma'), account('4')];
  const cells = [
    cell('1', 'eu-west-1'),
    cell('1', 'us-east-1'),
    cell('2', 'us-east-1', { status: 'silent' }),
    cell('3', null, { status: 'never' }),
  ];
  const matrix = matrixOf(accounts, cells, true);
  assert.deepEqual(
    matrix.rows.map((row) => [row.account.account_id, row.status]),
    [
      ['2', 'silent'],
      ['3', 'never'],
      ['4', 'quiet'],
      ['1', 'ok'],
    ],
  );
  assert.deepEqual(matrix.regions, ['us-east-1', 'eu-west-1']);
  assert.equal(matrixOf(accounts, cells, false).rows.length, 3);
});

test('a quiet Region does not make an account look bad, nor better', () => {
  const cells = [cell('1', 'a', { status: 'quiet' }), cell('1', 'b')];
  assert.equal(matrixOf([account('1')], cells, true).rows[0]?.status, 'ok');
  assert.equal(matrixOf([account('1')], cells.slice(0, 1), true).rows[0]?.status, 'quiet');
});

test('one Region of several sources shows the worst and keeps all', () => {
  const cells = [cell('1', 'a'), cell('1', 'a', { source: 'guardduty', status: 'late' })];
  const found = matrixOf([account('1')], cells, true).rows[0]?.cells.get('a') ?? [];
  assert.equal(found.length, 2);
  assert.equal(worst(found), 'late');
  assert.equal(worst([]), undefined);
  assert.deepEqual(countByStatus(cells), { ok: 1, quiet: 0, late: 1, never: 0, silent: 0 });
});

test('a cell of several sources tells of the one that somebody should look at', () => {
  const old = cell('1', 'a', { status: 'silent', last_at: '2026-11-01T00:00:00Z' });
  const fresh = cell('1', 'a', { source: 'guardduty', last_at: '2026-11-20T00:00:00Z' });
  assert.equal(tellingInstant([fresh, old]), old.last_at);
  assert.equal(tellingInstant([fresh, { ...old, status: 'quiet' }]), fresh.last_at);
  assert.equal(tellingInstant([cell('1', null, { status: 'never' })]), null);
});

test('hours are read as bits, hour 0 first', () => {
  assert.deepEqual(hoursOf('000001'), [[true, ...Array<boolean>(23).fill(false)]]);
  const days = hoursOf('800000ffffff');
  assert.equal(days.length, 2);
  assert.equal(days[0]?.indexOf(true), 23);
  assert.equal(days[1]?.every(Boolean), true);
});

test('spans read in one unit', () => {
  assert.equal(spanText(45), '45 s');
  assert.equal(spanText(90), '1.5 min');
  assert.equal(spanText(3600), '1 h');
  assert.equal(spanText(86_400), '24 h');
  assert.equal(spanText(604_800), '7 d');
});

test('the newest instant and the slowest cell are found', () => {
  assert.equal(newest([null, '2026-11-20T10:00:00Z', '2026-11-21T00:00:00Z']), '2026-11-21T00:00:00Z');
  assert.equal(newest([null]), null);
  const lag = (p99_seconds: number | null) => ({ lag: { records: 1, p50_seconds: 1, p99_seconds } });
  assert.equal(slowest([cell('1', 'a', lag(null))]), undefined);
  assert.equal(slowest([cell('1', 'a', lag(5)), cell('2', 'a', lag(60))])?.account_id, '2');
});

test('a selection names an account and a Region, which may hold slashes', () => {
  const answer = {
    as_of: '',
    from_day: '',
    days: 1,
    by_status: countByStatus([]),
    accounts: [],
    cells: [cell('1', 'a/b'), cell('1', null), cell('2', 'a/b')],
    cells_total: 3,
  };
  assert.deepEqual(selectionOf(answer, '1/a/b'), [answer.cells[0]]);
  assert.deepEqual(selectionOf(answer, '1/'), [answer.cells[1]]);
  assert.deepEqual(selectionOf(answer, null), []);
  const sources = [
    cell('1', 'a', { source: 'guardduty' }),
    cell('1', 'a', { source: 'notice', status: 'late' }),
    cell('1', 'a', { status: 'quiet' }),
    cell('1', 'a', { source: 'heartbeat', status: 'silent' }),
  ];
  assert.deepEqual(
    selectionOf({ ...answer, cells: sources }, '1/a').map((one) => one.source),
    ['heartbeat', 'notice', 'cloudtrail_management', 'guardduty'],
  );
});
