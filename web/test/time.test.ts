import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ceilSecond,
  formatAgo,
  formatDuration,
  formatInstant,
  mergeIntervals,
  parseInstant,
  parseSpan,
  resolveRange,
  snapToBuckets,
  toRfc3339,
  zoneLabel,
} from '../src/time';

const kAt = Date.UTC(2026, 10, 20, 5, 12, 33);

test('instants are read in the forms that the API and people write', () => {
  for (const text of [
    '2026-11-20T05:12:33Z',
    '2026-11-20 05:12:33',
    '2026-11-20 05:12:33 UTC',
    '2026-11-20T07:12:33+02:00',
    '2026-11-20T00:12:33-0500',
    ' 2026-11-20t05:12:33z '.toUpperCase(),
  ]) {
    assert.equal(parseInstant(text), kAt, text);
  }
  assert.equal(parseInstant('2026-11-20'), Date.UTC(2026, 10, 20));
  assert.equal(parseInstant('2026-11-20 05:12'), Date.UTC(2026, 10, 20, 5, 12));
  assert.equal(parseInstant('2026-11-20T05:12:33.123456Z'), kAt + 123);
});

test('what is no instant is refused', () => {
  for (const text of [
    '',
    'yesterday',
    '2026-13-01',
    '2026-02-30',
    '2026-11-20 24:00',
    '2026-11-20 05:60',
    '20.11.2026',
    '2026-11-20T05:12:33+25',
  ]) {
    assert.equal(parseInstant(text), null, text);
  }
});

test('the API form has no zero fraction', () => {
  assert.equal(toRfc3339(kAt), '2026-11-20T05:12:33Z');
  assert.equal(toRfc3339(kAt + 5), '2026-11-20T05:12:33.005Z');
});

test('microseconds are shown as they came', () => {
  assert.equal(formatInstant('2026-11-20T05:12:33.123456Z', 'utc', 'full'), '2026-11-20 05:12:33.123456');
  assert.equal(formatInstant('2026-11-20T05:12:33Z', 'utc', 'minute'), '2026-11-20 05:12');
  assert.equal(formatInstant(kAt, 'utc', 'day'), '2026-11-20');
  assert.equal(formatInstant('garbage', 'utc'), 'garbage');
});

test('the zone is always named', () => {
  assert.equal(zoneLabel('utc', kAt), 'UTC');
  assert.match(zoneLabel('local', kAt), /^UTC[+-]\d\d:\d\d$/);
});

test('durations use one unit', () => {
  assert.equal(formatDuration(45_000), '45 s');
  assert.equal(formatDuration(59_999), '59 s');
  assert.equal(formatDuration(60_000), '1 min');
  assert.equal(formatDuration(47 * 3_600_000), '47 h');
  assert.equal(formatDuration(48 * 3_600_000), '2 d');
  assert.equal(formatAgo('2026-11-20T05:12:33Z', kAt + 120_000), '2 min ago');
  assert.equal(formatAgo('2026-11-20T05:12:33Z', kAt - 120_000), 'in 2 min');
  assert.equal(formatAgo('2026-11-20T05:12:33Z', kAt + 999), 'now');
});

test('spans and ranges', () => {
  assert.equal(parseSpan('24h'), 86_400_000);
  assert.equal(parseSpan('90d'), 90 * 86_400_000);
  for (const text of ['', '0h', 'h', '1y', '-1h', '99999d']) assert.equal(parseSpan(text), null, text);
  assert.deepEqual(resolveRange('1h', null, null, kAt), { from_ms: kAt - 3_600_000, to_ms: kAt });
  assert.deepEqual(resolveRange(null, '2026-11-20', null, kAt), { from_ms: Date.UTC(2026, 10, 20), to_ms: null });
  assert.deepEqual(resolveRange('bad', null, null, kAt), { from_ms: null, to_ms: null });
});

test('a brushed range covers whole buckets, at least one', () => {
  assert.deepEqual(snapToBuckets(105, 295, 100, 100), [100, 300]);
  assert.deepEqual(snapToBuckets(200, 300, 100, 100), [200, 300]);
  assert.deepEqual(snapToBuckets(250, 250, 100, 100), [200, 300]);
});

test('overlapping intervals merge, touching ones too, apart ones stay', () => {
  assert.deepEqual(
    mergeIntervals([
      { from_ms: 5, to_ms: 9 },
      { from_ms: 0, to_ms: 3 },
      { from_ms: 3, to_ms: 4 },
      { from_ms: 6, to_ms: 7 },
    ]),
    [
      { from_ms: 0, to_ms: 4 },
      { from_ms: 5, to_ms: 9 },
    ],
  );
});

test('now is rounded up', () => {
  assert.equal(ceilSecond(1001), 2000);
  assert.equal(ceilSecond(2000), 2000);
});
