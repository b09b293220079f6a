// Raw JSON as a tree: collapses, searches, copies the exact bytes' text. Built from text nodes only.
import type { ComponentChildren } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { copyText } from '../clipboard';
import { contains, matches, parseJson, type JsonNode } from '../json';
import { count, pieces, visible } from '../text';
import { Icon } from './icon';

const kOpenDepth = 5;
const kOpenMembers = 60;

function Marked({ text, needle }: { text: string; needle: string }) {
  if (needle === '') return <>{text}</>;
  const parts: ComponentChildren[] = [];
  const lower = text.toLowerCase();
  let at = 0;
  for (let hit = lower.indexOf(needle); hit >= 0; hit = lower.indexOf(needle, at)) {
    parts.push(text.slice(at, hit), <mark key={hit}>{text.slice(hit, hit + needle.length)}</mark>);
    at = hit + needle.length;
  }
  parts.push(text.slice(at));
  return <>{parts}</>;
}

/** A string the way JSON writes it, with hidden characters visible. */
function Quoted({ text, needle, class: class_ }: { text: string; needle: string; class: string }) {
  const inner = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replaceAll('\r', '\\r');
  return (
    <span class={class_}>
      "
      {pieces(inner).map((piece, index) =>
        piece.escaped ? (
          <span key={index} class="escape">
            {piece.text}
          </span>
        ) : (
          <Marked key={index} text={piece.text} needle={needle} />
        ),
      )}
      "
    </span>
  );
}

function Scalar({ node, needle }: { node: JsonNode; needle: string }) {
  if (node.kind === 'string') return <Quoted text={node.value} needle={needle} class="json-string" />;
  if (node.kind === 'number' || node.kind === 'literal')
    return (
      <span class={`json-${node.kind}`}>
        <Marked text={node.text} needle={needle} />
      </span>
    );
  return null;
}

function Node({
  name,
  node,
  needle,
  depth,
  last,
}: {
  name: string | null;
  node: JsonNode;
  needle: string;
  depth: number;
  last: boolean;
}) {
  const size = node.kind === 'object' ? node.entries.length : node.kind === 'array' ? node.items.length : -1;
  const [chosen, setChosen] = useState<boolean | null>(null);
  const key =
    name === null ? null : (
      <>
        <Quoted text={name} needle={needle} class="json-key" />:{' '}
      </>
    );
  const comma = last ? '' : ',';
  if (size <= 0) {
    const empty = node.kind === 'object' ? '{}' : node.kind === 'array' ? '[]' : null;
    return (
      <div class="json-line">
        {key}
        {empty ?? <Scalar node={node} needle={needle} />}
        {comma}
      </div>
    );
  }
  const wanted = needle !== '' && contains(node, needle);
  const open = wanted || (chosen ?? (depth < kOpenDepth && size <= kOpenMembers));
  const [left, right] = node.kind === 'object' ? ['{', '}'] : ['[', ']'];
  const label = `${open ? 'Collapse' : 'Expand'} ${name === null ? 'the document' : visible(name)}`;
  return (
    <div>
      <div class="json-line">
        <button
          type="button"
          class="json-toggle"
          aria-expanded={open}
          aria-label={label}
          onClick={() => setChosen(!open)}
        >
          <Icon name={open ? 'down' : 'right'} />
        </button>
        {key}
        {left}
        {!open && (
          <>
            <span class="dim">
              {' '}
              {count(size)} {node.kind === 'object' ? 'fields' : 'items'}{' '}
            </span>
            {right}
            {comma}
          </>
        )}
      </div>
      {open && (
        <>
          <div class="json-children">
            {node.kind === 'object' &&
              node.entries.map((entry, index) => (
                <Node
                  key={index}
                  name={entry.key}
                  node={entry.value}
                  needle={needle}
                  depth={depth + 1}
                  last={index === size - 1}
                />
              ))}
            {node.kind === 'array' &&
              node.items.map((item, index) => (
                <Node key={index} name={null} node={item} needle={needle} depth={depth + 1} last={index === size - 1} />
              ))}
          </div>
          <div class="json-line">
            {right}
            {comma}
          </div>
        </>
      )}
    </div>
  );
}

export function JsonView({ text, label }: { text: string; label: string }) {
  const [needle, setNeedle] = useState('');
  const node = useMemo(() => parseJson(text), [text]);
  const wanted = needle.trim().toLowerCase();
  const found = useMemo(() => (node === null || wanted === '' ? 0 : matches(node, wanted)), [node, wanted]);
  return (
    <div class="json">
      <div class="json-bar">
        <input
          class="input"
          type="search"
          value={needle}
          placeholder="Search in this record"
          aria-label={`Search in ${label}`}
          onInput={(event) => setNeedle(event.currentTarget.value)}
        />
        <span class="dim" role="status">
          {wanted === '' ? '' : `${count(found)} found`}
        </span>
        <button type="button" class="button" data-copy-raw onClick={() => void copyText(text, label)}>
          <Icon name="copy" />
          Copy
        </button>
      </div>
      <div class="json-body" tabIndex={0} role="region" aria-label={label}>
        {node === null ? (
          <pre class="json-text">
            {text.split('\n').map((line, index) => (
              <div key={index}>{visible(line.replace(/\r$/, ''))}</div>
            ))}
          </pre>
        ) : (
          <Node name={null} node={node} needle={wanted} depth={0} last />
        )}
      </div>
    </div>
  );
}
