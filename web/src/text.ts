// Text that attackers wrote, made safe to read: characters that change how other characters look, or that
// cannot be seen at all, become visible escapes such as \u{202e}. Nothing here makes HTML.

export interface Piece {
  text: string;
  escaped: boolean;
}

function hidden(code: number): boolean {
  return (
    code < 0x20 ||
    (code >= 0x7f && code <= 0x9f) ||
    code === 0xad || // soft hyphen
    code === 0x34f || // combining grapheme joiner
    code === 0x61c || // Arabic letter mark
    (code >= 0x115f && code <= 0x1160) || // Hangul fillers
    (code >= 0x17b4 && code <= 0x17b5) ||
    (code >= 0x180b && code <= 0x180e) ||
    (code >= 0x200b && code <= 0x200f) || // zero width, direction marks
    (code >= 0x2028 && code <= 0x202e) || // line and paragraph separators, embeddings, overrides
    (code >= 0x2060 && code <= 0x206f) || // joiners, invisible operators, isolates
    code === 0x3164 ||
    (code >= 0xd800 && code <= 0xdfff) || // half of a pair
    (code >= 0xfe00 && code <= 0xfe0f) || // variation selectors
    code === 0xfeff ||
    code === 0xffa0 ||
    (code >= 0xfff0 && code <= 0xfffb) ||
    (code >= 0xe0000 && code <= 0xe0fff) // tags
  );
}

/** Splits a text into plain and escaped pieces, in order. */
export function pieces(text: string): Piece[] {
  const out: Piece[] = [];
  let plain = '';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (!hidden(code)) {
      plain += character;
      continue;
    }
    if (plain !== '') out.push({ text: plain, escaped: false });
    plain = '';
    out.push({ text: `\\u{${code.toString(16).padStart(4, '0')}}`, escaped: true });
  }
  if (plain !== '') out.push({ text: plain, escaped: false });
  return out;
}

/** The same as one string, for attributes such as title and aria-label. */
export function visible(text: string): string {
  return pieces(text)
    .map((piece) => piece.text)
    .join('');
}

/** Shortens in the middle, where ids and ARNs differ least; never cuts a surrogate pair. */
export function shorten(text: string, length: number): string {
  const characters = Array.from(text);
  if (characters.length <= length) return text;
  const head = Math.ceil((length - 1) * 0.6);
  const tail = length - 1 - head;
  return `${characters.slice(0, head).join('')}…${tail > 0 ? characters.slice(-tail).join('') : ''}`;
}

const kNumber = new Intl.NumberFormat('en-US');

export function count(value: number): string {
  return kNumber.format(value);
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

export function bytes(value: number): string {
  if (value < 1024) return `${value} B`;
  if (value < 1024 * 1024) return `${(value / 1024).toFixed(1)} KiB`;
  return `${(value / 1024 / 1024).toFixed(1)} MiB`;
}

/** Only https links leave this page, and never from a text that hides something. */
export function safeLink(text: string | null): string | null {
  if (text === null || visible(text) !== text) return null;
  try {
    const url = new URL(text);
    return url.protocol === 'https:' && url.username === '' ? url.href : null;
  } catch {
    return null;
  }
}
