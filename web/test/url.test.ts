import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  add,
  formatPlace,
  get,
  getAll,
  keep,
  link,
  negate,
  parsePlace,
  remove,
  set,
  setMany,
  toggle,
  toggleNegation,
  without,
  type Param,
} from '../src/state/url';

test('an empty address is the overview', () => {
  for (const hash of ['', '#', '#/', '#/nonsense']) assert.equal(parsePlace(hash).view, 'overview');
});

test('a place survives the address bar, whatever its values hold', () => {
  const values = [
    'plain',
    'a,b',
    'a&b=c',
    '100%',
    'ü 日本',
    '#/x?y',
    '!not',
    '<b>"\'',
    '\u202e',
    'a+b',
    'arn:aws:s3:::bucket/key',
    '2026-11-20T05:00:00Z',
    '',
  ];
  for (const value of values) {
    const place = {
      view: 'findings' as const,
      id: null,
      params: [
        ['title', value],
        ['x', '1'],
      ] as Param[],
    };
    assert.deepEqual(parsePlace(formatPlace(place)), place, JSON.stringify(value));
  }
});

test('an id may hold slashes, question marks and percent signs', () => {
  for (const id of ['0123abcd', 'arn:aws:securityhub:us-east-1:1:subscription/x/v/1.0.0/S3.8/finding/9', 'a?b%2Fc#d']) {
    const place = { view: 'finding' as const, id, params: [['tab', 'raw']] as Param[] };
    assert.deepEqual(parsePlace(formatPlace(place)), place);
  }
});

test('times and ARNs stay readable in the address', () => {
  assert.equal(
    link('activity', [
      ['entity', 'principal:AIDAX'],
      ['from', '2026-11-20T05:00:00Z'],
    ]),
    '#/activity?entity=principal:AIDAX&from=2026-11-20T05:00:00Z',
  );
});

test('a broken escape is text, not an exception', () => {
  assert.equal(get(parsePlace('#/findings?title=%zz').params, 'title'), '%zz');
});

test('half of a surrogate pair does not break the address', () => {
  assert.doesNotThrow(() => formatPlace({ view: 'findings', id: '\ud800', params: [['title', '\udc00']] }));
});

test('set replaces every value in the place of the first', () => {
  const params: Param[] = [
    ['a', '1'],
    ['b', '2'],
    ['a', '3'],
  ];
  assert.deepEqual(set(params, 'a', ['9', '8']), [
    ['a', '9'],
    ['a', '8'],
    ['b', '2'],
  ]);
  assert.deepEqual(set(params, 'a', null), [['b', '2']]);
  assert.deepEqual(set(params, 'c', '4'), [...params, ['c', '4']]);
  assert.deepEqual(setMany(params, { a: null, b: '5' }), [['b', '5']]);
});

test('adding a value removes its opposite', () => {
  assert.deepEqual(add([['region', '!us-east-1']], 'region', 'us-east-1'), [['region', 'us-east-1']]);
  assert.deepEqual(add([['region', 'a']], 'region', 'b'), [
    ['region', 'a'],
    ['region', 'b'],
  ]);
});

test('toggle adds, then removes', () => {
  const once = toggle([], 'severity', 'high');
  assert.deepEqual(once, [['severity', 'high']]);
  assert.deepEqual(toggle(once, 'severity', 'high'), []);
});

test('negation is its own inverse and keeps the place of the chip', () => {
  assert.equal(negate(negate('x')), 'x');
  const params: Param[] = [
    ['a', '1'],
    ['b', '2'],
  ];
  assert.deepEqual(toggleNegation(params, 'a', '1'), [
    ['a', '!1'],
    ['b', '2'],
  ]);
  assert.deepEqual(remove(params, 'a', '2'), params);
});

test('keep and without divide the parameters', () => {
  const params: Param[] = [
    ['a', '1'],
    ['b', '2'],
    ['a', '3'],
  ];
  assert.deepEqual(keep(params, ['a']), [
    ['a', '1'],
    ['a', '3'],
  ]);
  assert.deepEqual(without(params, ['a']), [['b', '2']]);
  assert.deepEqual(getAll(params, 'a'), ['1', '3']);
});
