// Rules of the source that keep attackers' text text.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

function files(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? files(path) : [path];
  });
}

const sources = files('src')
  .filter((path) => /\.tsx?$/.test(path))
  .map((path) => ({ path, text: readFileSync(path, 'utf8') }));

test('the sources are found', () => assert.ok(sources.length > 30));

test('nothing turns text into markup or code', () => {
  const forbidden =
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|dangerouslySetInnerHTML|createContextualFragment|DOMParser|srcdoc|javascript:/;
  for (const { path, text } of sources) assert.doesNotMatch(text, forbidden, path);
});

test('only api.ts talks to the server', () => {
  for (const { path, text } of sources.filter((one) => !one.path.endsWith('api.ts')))
    assert.doesNotMatch(text, /\bfetch\(|XMLHttpRequest|EventSource|WebSocket|sendBeacon|import\(/, path);
});

test('no style or handler attribute is written as text', () => {
  for (const { path, text } of sources) assert.doesNotMatch(text, /style="|cssText|setAttribute\('(style|on)/, path);
});
