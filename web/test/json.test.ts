import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contains, matches, parseJson } from '../src/json';

test('numbers keep their text', () => {
  assert.deepEqual(parseJson('[9007199254740993,1e400,-0,1.10]'), {
    kind: 'array',
    items: ['9007199254740993', '1e400', '-0', '1.10'].map((text) => ({ kind: 'number', text })),
  });
});

test('keys keep their order, duplicates stay', () => {
  const node = parseJson('{"b":1,"a":true,"b":null}');
  assert.ok(node?.kind === 'object');
  assert.deepEqual(
    node.entries.map((entry) => entry.key),
    ['b', 'a', 'b'],
  );
});

test('strings are decoded, also with odd escapes and raw control characters', () => {
  assert.deepEqual(parseJson('"a\\u202eb\\n"'), { kind: 'string', value: 'a\u202eb\n' });
  assert.deepEqual(parseJson('"a\tb"'), { kind: 'string', value: 'a\tb' });
  assert.deepEqual(parseJson(' \ufeff"x" '), { kind: 'string', value: 'x' });
});

test('empty containers', () => {
  assert.deepEqual(parseJson('{"a":[],"b":{}}'), {
    kind: 'object',
    entries: [
      { key: 'a', value: { kind: 'array', items: [] } },
      { key: 'b', value: { kind: 'object', entries: [] } },
    ],
  });
});

test('what is not JSON is null, and deep nesting does not end the page', () => {
  for (const text of ['', '{', '[1,]', '{"a"}', '{"a":1,}', 'nul', '1 2', '"open', "{'a':1}", '[1}', '\u0000'])
    assert.equal(parseJson(text), null, text);
  assert.notEqual(parseJson('['.repeat(200) + ']'.repeat(200)), null);
  assert.equal(parseJson('['.repeat(100_000)), null);
});

test('search finds keys and values, whatever their case', () => {
  const node = parseJson('{"userName":"Anna","n":42,"list":[{"ANNA":true}]}');
  assert.ok(node !== null);
  assert.equal(contains(node, 'anna'), true);
  assert.equal(matches(node, 'anna'), 2);
  assert.equal(matches(node, '42'), 1);
  assert.equal(matches(node, ''), 0);
  assert.equal(contains(node, 'bob'), false);
});
