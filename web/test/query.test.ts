import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csv, csvCell } from '../src/csv';
import { activityFilter, activityLink, entityText, findingFilter, networkText, parseEntityParam } from '../src/entity';
import { activityParams, findingInterval, findingParams, kFindingRanges, summaryParams } from '../src/query';
import { stack, sum } from '../src/stack';
import type { Param } from '../src/state/url';

const kNow = Date.UTC(2026, 10, 21, 6);

test('only what the API knows goes into a request', () => {
  const params: Param[] = [
    ['severity', 'high'],
    ['sel', 'abc'],
    ['tab', 'raw'],
    ['last', '1h'],
  ];
  assert.deepEqual(findingParams(params, kNow), [
    ['severity', 'high'],
    ['from', '2026-11-21T05:00:00Z'],
    ['to', '2026-11-21T06:00:00Z'],
  ]);
});

test('the queue has no range of its own, activity has a day, the overview a fortnight', () => {
  assert.deepEqual(findingParams([], kNow), []);
  assert.deepEqual(activityParams([], kNow), [
    ['from', '2026-11-20T06:00:00Z'],
    ['to', '2026-11-21T06:00:00Z'],
  ]);
  assert.deepEqual(summaryParams([], kNow), [
    ['from', '2026-11-07T06:00:00Z'],
    ['to', '2026-11-21T06:00:00Z'],
  ]);
});

test('an absolute range wins over the default, and gets both ends', () => {
  assert.deepEqual(
    activityParams(
      [
        ['from', '2026-11-01'],
        ['direction', 'on'],
      ],
      kNow,
    ),
    [
      ['direction', 'on'],
      ['from', '2026-11-01T00:00:00Z'],
      ['to', '2026-11-21T06:00:00Z'],
    ],
  );
  assert.deepEqual(activityParams([['to', '2026-11-21']], kNow), [
    ['from', '2026-08-23T00:00:00Z'],
    ['to', '2026-11-21T00:00:00Z'],
  ]);
});

test('the presets of a finding', () => {
  const scope = { from_ms: 1_000_000, to_ms: 9_000_000, window_from_ms: 4_600_000, window_to_ms: 4_601_000 };
  const range = (name: string) => findingInterval(name, scope, 7_000_000);
  assert.deepEqual(range('scope'), { from_ms: 1_000_000, to_ms: 9_000_000 });
  assert.deepEqual(range('hour'), { from_ms: 1_000_000, to_ms: 7_000_000 });
  assert.deepEqual(range('1h'), { from_ms: 3_400_000, to_ms: 7_000_000 });
  for (const { name } of kFindingRanges) {
    const { from_ms, to_ms } = range(name);
    assert.ok(from_ms !== null && to_ms !== null && from_ms < to_ms, name);
  }
});

test('an entity becomes the right filter on each page', () => {
  assert.deepEqual(findingFilter({ kind: 'ip_address', key: '192.0.2.1' }), ['remote_ip', '192.0.2.1']);
  assert.deepEqual(findingFilter({ kind: 'role_session', key: 'AROA:x' }), ['entity', 'role_session:AROA:x']);
  assert.deepEqual(activityFilter({ kind: 'ip_address', key: '192.0.2.1' }), ['ip_address', '192.0.2.1']);
  assert.deepEqual(activityFilter({ kind: 'account', key: '111122223333' }), ['account_id', '111122223333']);
  assert.equal(activityLink({ kind: 'role_session', key: 'AROA:i-1' }), '#/activity?entity=role_session:AROA:i-1');
  assert.deepEqual(parseEntityParam('role_session:AROA:i-1'), { kind: 'role_session', key: 'AROA:i-1' });
  for (const value of ['', 'x', ':x', 'planet:mars', '__proto__:x', 'toString:x'])
    assert.equal(parseEntityParam(value), null, value);
});

test('entities read as people name them', () => {
  assert.equal(entityText({ kind: 'resource', key: 'arn:aws:s3:::bucket' }), 'bucket');
  assert.equal(entityText({ kind: 'principal', key: 'AIDAX', name: 'anna' }), 'anna');
  assert.equal(entityText({ kind: 'principal', key: 'AIDAX', name: '' }), 'AIDAX');
  assert.equal(networkText(14061, 'DigitalOcean', 'NL'), 'AS14061 DigitalOcean · NL');
  assert.equal(networkText('AS14061', null, null), 'AS14061');
  assert.equal(networkText(null, null, null), '');
});

test('stacked bars end at the sum', () => {
  assert.deepEqual(
    stack([
      [1, 2],
      [3, 0],
      [0, 5],
    ]),
    [
      [1, 2],
      [4, 2],
      [4, 7],
    ],
  );
  assert.deepEqual(stack([]), []);
  assert.equal(sum([1, 2, 3]), 6);
});

test('cells that a spreadsheet would run are defused, numbers stay numbers', () => {
  for (const start of ['=', '+', '-', '@', '\t', '\r', ' =', '\ufeff=', '\uff1d'])
    assert.match(csvCell(`${start}cmd`), /^"'/, JSON.stringify(start));
  assert.equal(csvCell(-5), '-5');
  assert.equal(csvCell('say "x", y'), '"say ""x"", y"');
  assert.equal(csvCell(null), '""');
  assert.equal(csv(['a', 'b'], [['x', 1]]), '"a","b"\r\n"x",1\r\n');
});
