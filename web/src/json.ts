// A lossless reader for showing JSON: numbers keep their text (2^53+1 stays exact), keys keep their order and
// duplicates stay. JSON.parse would change evidence before an analyst sees it.

export type JsonNode =
  | { kind: 'object'; entries: { key: string; value: JsonNode }[] }
  | { kind: 'array'; items: JsonNode[] }
  | { kind: 'string'; value: string }
  | { kind: 'number' | 'literal'; text: string };

const kMaxDepth = 200;

class Reader {
  private at = 0;
  constructor(private readonly text: string) {}

  document(): JsonNode {
    const node = this.value(0);
    this.space();
    if (this.at !== this.text.length) throw this.error();
    return node;
  }

  private error(): Error {
    return new Error(`not JSON at character ${this.at}`);
  }

  private space(): void {
    while (/[\s\ufeff]/.test(this.text[this.at] ?? '')) this.at += 1;
  }

  private take(pattern: RegExp): string | null {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (match === null) return null;
    this.at += match[0].length;
    return match[0];
  }

  private value(depth: number): JsonNode {
    if (depth > kMaxDepth) throw this.error();
    this.space();
    const start = this.text[this.at];
    if (start === '{') return this.object(depth);
    if (start === '[') return this.array(depth);
    if (start === '"') return { kind: 'string', value: this.string() };
    const number = this.take(/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y);
    if (number !== null) return { kind: 'number', text: number };
    const literal = this.take(/true|false|null/y);
    if (literal !== null) return { kind: 'literal', text: literal };
    throw this.error();
  }

  private string(): string {
    const raw = this.take(/"(?:[^"\\]|\\.)*"/sy);
    if (raw === null) throw this.error();
    try {
      return JSON.parse(raw) as string;
    } catch {
      return raw.slice(1, -1); // control characters or odd escapes: as they are
    }
  }

  private object(depth: number): JsonNode {
    const entries: { key: string; value: JsonNode }[] = [];
    this.members('}', () => {
      const key = this.string();
      this.space();
      if (this.text[this.at] !== ':') throw this.error();
      this.at += 1;
      entries.push({ key, value: this.value(depth + 1) });
    });
    return { kind: 'object', entries };
  }

  private array(depth: number): JsonNode {
    const items: JsonNode[] = [];
    this.members(']', () => items.push(this.value(depth + 1)));
    return { kind: 'array', items };
  }

  private members(close: string, member: () => void): void {
    this.at += 1;
    this.space();
    if (this.text[this.at] === close) {
      this.at += 1;
      return;
    }
    for (;;) {
      this.space();
      member();
      this.space();
      const next = this.text[this.at];
      this.at += 1;
      if (next === close) return;
      if (next !== ',') throw this.error();
    }
  }
}

/** Null when the text is not JSON; it is then shown as it is. */
export function parseJson(text: string): JsonNode | null {
  try {
    return new Reader(text).document();
  } catch {
    return null;
  }
}

/** True when a key or a scalar of this node or below contains the lower-case needle. */
export function contains(node: JsonNode, needle: string): boolean {
  switch (node.kind) {
    case 'object':
      return node.entries.some((entry) => entry.key.toLowerCase().includes(needle) || contains(entry.value, needle));
    case 'array':
      return node.items.some((item) => contains(item, needle));
    case 'string':
      return node.value.toLowerCase().includes(needle);
    default:
      return node.text.toLowerCase().includes(needle);
  }
}

/** How often the needle stands in keys and scalars, each counted once per text. */
export function matches(node: JsonNode, needle: string): number {
  if (needle === '') return 0;
  switch (node.kind) {
    case 'object':
      return node.entries.reduce(
        (total, entry) => total + (entry.key.toLowerCase().includes(needle) ? 1 : 0) + matches(entry.value, needle),
        0,
      );
    case 'array':
      return node.items.reduce((total, item) => total + matches(item, needle), 0);
    case 'string':
      return node.value.toLowerCase().includes(needle) ? 1 : 0;
    default:
      return node.text.toLowerCase().includes(needle) ? 1 : 0;
  }
}
