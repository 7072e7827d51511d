import type { ParsedDocument } from './model.ts';

/**
 * A name without a value, `API_KEY=`. Text of mixed case is base64 with its padding, and so is what ends in two equals signs.
 */
const NAME_ALONE = /^(?:[A-Z_][A-Z0-9_]*|[a-z]+(?:_[a-z0-9]+)*)=$/;

/** Base64 with padding is no assignment: a value has something else than "=" in it. */
export function looksPadded(line: string): boolean {
  return /^[\w.+/-]+={1,2}$/.test(line) && !NAME_ALONE.test(line);
}

/**
 * Why one line of text is not read as the key of a raw document, as the end of a sentence: `it has blanks in it`; undefined: it is.
 * A key that this refuses cannot be carried as raw either, since the next rotation would take the file for something else.
 */
export function whyNotRaw(line: string): string | undefined {
  if (/[ \t]/.test(line)) return 'it has blanks in it';
  if (!/^[\x21-\x7e]+$/.test(line)) return 'it has characters that are not printable ASCII';
  if (line.startsWith('#')) return 'it begins with "#" and would be read as a comment';
  if (/^[A-Za-z_][\w.-]*=/.test(line) && !looksPadded(line)) return 'it would be read as NAME=value';
  if (/^[{[]["{[]/.test(line) || isJson(line)) return 'it would be read as JSON';
  return undefined;
}

/** Numbers and words are JSON as well, and may be keys. */
function isJson(line: string): boolean {
  if (!/^[{["]/.test(line)) return false;
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

/** A document of the key alone, with or without a newline behind it; undefined where the text is none. */
export function parseRaw(text: string): ParsedDocument | undefined {
  const start = text.startsWith('\ufeff') ? 1 : 0;
  const line = text.slice(start).replace(/(?:\r?\n)+$/, '');
  if (whyNotRaw(line) !== undefined) return undefined;
  const end = start + line.length;
  return {
    format: end === text.length ? 'raw-no-newline' : 'raw',
    fields: [{ name: '', value: line, replace: (secret) => ({ start, end, text: secret }) }],
  };
}
