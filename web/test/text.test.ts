import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, count, pieces, plural, safeLink, shorten, visible } from '../src/text';

test('every character that hides or reorders text becomes visible', () => {
  const codes = [
    0x00, 0x07, 0x08, 0x09, 0x0a, 0x0d, 0x1b, 0x1f, 0x7f, 0x80, 0x85, 0x9b, 0x9f, 0xad, 0x34f, 0x61c, 0x115f, 0x180e,
    0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2060, 0x2061,
    0x2066, 0x2067, 0x2068, 0x2069, 0x3164, 0xfe0f, 0xfeff, 0xffa0, 0xfff9, 0xe0001, 0xe007f,
  ];
  for (const code of codes) {
    const hex = code.toString(16).padStart(4, '0');
    assert.equal(visible(`a${String.fromCodePoint(code)}b`), `a\\u{${hex}}b`);
  }
});

test('half of a surrogate pair is shown, a whole pair is text', () => {
  assert.equal(visible('\ud83d'), '\\u{d83d}');
  assert.equal(visible('😀'), '😀');
});

test('ordinary text of any script stays as it is', () => {
  for (const text of [
    'Mozilla/5.0 (X11)',
    'Žluťoučký',
    '日本語',
    'العربية',
    '<img src=x onerror=alert(1)>',
    '\\u{202e}',
    'e\u0301',
  ])
    assert.equal(visible(text), text);
});

test('pieces keep the order and tell escapes from text', () => {
  assert.deepEqual(pieces('a\u202eb'), [
    { text: 'a', escaped: false },
    { text: '\\u{202e}', escaped: true },
    { text: 'b', escaped: false },
  ]);
  assert.deepEqual(pieces(''), []);
});

test('shortening keeps both ends and never cuts a pair', () => {
  assert.equal(shorten('abcdef', 6), 'abcdef');
  assert.equal(shorten('abcdefg', 6), 'abc…fg');
  assert.equal(Array.from(shorten('😀'.repeat(9), 5)).length, 5);
});

test('only https links without credentials or tricks are links', () => {
  assert.equal(safeLink('https://docs.aws.amazon.com/x'), 'https://docs.aws.amazon.com/x');
  for (const text of [
    null,
    'http://a.b',
    'javascript:alert(1)',
    'data:text/html,x',
    'https://user@evil/',
    'https://a.b/\u202e',
    '//a.b',
    'nothing',
  ])
    assert.equal(safeLink(text), null, String(text));
});

test('numbers', () => {
  assert.equal(count(1234567), '1,234,567');
  assert.equal(plural(1, 'event'), '1 event');
  assert.equal(plural(2, 'event'), '2 events');
  assert.equal(bytes(1023), '1023 B');
  assert.equal(bytes(1024), '1.0 KiB');
});
