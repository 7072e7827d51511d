import { parse } from 'lossless-json';

/** Replaces bytes that are not UTF-8 by a replacement character, and drops a byte order mark. */
const utf8 = new TextDecoder('utf-8');

/**
 * Reads JSON. Every whole number becomes a bigint, so that 64-bit ids keep their digits. If a key occurs twice, the last one counts, as in
 * `JSON.parse`.
 * @throws SyntaxError when the bytes are not JSON in UTF-8, or are nested too deeply.
 */
export function decodeJson(bytes: Uint8Array): unknown {
  const text = utf8.decode(bytes);
  try {
    if (!hasFraction(text)) {
      const value = withBigints(JSON.parse(text), false);
      if (value !== undefined) return value;
      // The fast way works only without escapes, which could contain the mark, and without very long numbers, which BigInt refuses.
      if (!unusual.test(text)) return withBigints(JSON.parse(text.replace(stringOrLong, markNumber)), true);
    }
    return parse(text, null, { parseNumber, onDuplicateKey: ({ newValue }: { newValue: unknown }) => newValue });
  } catch (error) {
    if (error instanceof RangeError) throw new SyntaxError('nested too deep');
    throw error;
  }
}

// `JSON.parse` is several times as fast as any parser written in JavaScript. Numbers that it would round are turned into strings that begin
// with this mark. The text must not contain the mark itself.
const mark = '\ue000';
const unusual = new RegExp(`[\\\\${mark}]|\\d{31}`);
const fraction = /\d[.eE]/;
const everyString = /"[^"\\]*(?:\\.[^"\\]*)*"/g;
const stringOrLong = /"[^"]*"|-?[1-9]\d{15,}/g;

/** Whether a number has a fraction or an exponent. Such a number stays a number. */
function hasFraction(text: string): boolean {
  return fraction.test(text) && fraction.test(text.replace(everyString, '""'));
}

function markNumber(token: string): string {
  return token.startsWith('"') ? token : `"${mark}${token}"`;
}

/** Turns the numbers in a value of `JSON.parse` into bigints; undefined if one of them has lost digits. Objects are changed in place. */
function withBigints(value: unknown, isMarked: boolean): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  if (typeof value === 'string') return isMarked && value.startsWith(mark) ? BigInt(value.slice(mark.length)) : value;
  if (typeof value !== 'object' || value === null) return value;
  const members = value as Record<string, unknown>;
  for (const key of Object.keys(members)) {
    const member = members[key];
    if (typeof member === 'string' && !isMarked) continue;
    const exact = withBigints(member, isMarked);
    if (exact === undefined) return undefined;
    members[key] = exact;
  }
  return value;
}

function parseNumber(digits: string): bigint | number {
  return /^-?\d{1,30}$/.test(digits) ? BigInt(digits) : Number(digits);
}

/** Whether a body is a web page. The API sends JSON, so a page comes from a proxy or a wrong URL. */
export function looksLikeHtml(contentType: string | undefined, bytes: Uint8Array): boolean {
  if (contentType?.toLowerCase().includes('html')) return true;
  return /^\s*<(!doctype|html|head|body)\b/i.test(Buffer.from(bytes.subarray(0, 200)).toString('latin1'));
}
