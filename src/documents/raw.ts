import type { ParsedDocument } from './model.ts';

/**
 * A name without a value, such as `API_KEY=`. Text in mixed case, or with two equals signs at its end, is base64 with padding instead.
 */
const NAME_ALONE = /^(?:[A-Z_][A-Z0-9_]*|[a-z]+(?:_[a-z0-9]+)*)=$/;

/** Whether a line is base64 with padding, and not an assignment. A value would have other characters than "=". */
export function looksPadded(line: string): boolean {
  return /^[\w.+/-]+={1,2}$/.test(line) && !NAME_ALONE.test(line);
}

/**
 * Why one line of text is not read as the key of a raw document, as the end of a sentence (`it has blanks in it`); undefined if it is. A
 * key that is refused here cannot be written as a raw document either, because the next rotation would not recognize the file.
 */
export function whyNotRaw(line: string): string | undefined {
  if (/[ \t]/.test(line)) return 'it has blanks in it';
  if (!/^[\x21-\x7e]+$/.test(line)) return 'it has characters that are not printable ASCII';
  if (line.startsWith('#')) return 'it begins with "#" and would be read as a comment';
  if (/^[A-Za-z_][\w.-]*=/.test(line) && !looksPadded(line)) return 'it would be read as NAME=value';
  if (/^[{[]["{[]/.test(line) || isJson(line)) return 'it would be read as JSON';
  return undefined;
}

/** Whether the line is JSON. Numbers and words are JSON too, but they may be keys. */
function isJson(line: string): boolean {
  if (!/^[{["]/.test(line)) return false;
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

/** Parses a document that is the key alone, with or without a newline at its end; undefined if the text is something else. */
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
