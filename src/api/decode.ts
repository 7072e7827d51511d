import { parse } from 'lossless-json';

/** Of what is no UTF-8 a replacement character is left; a byte order mark is left out. */
const utf8 = new TextDecoder('utf-8');

/**
 * Reads JSON with every whole number as a bigint, so that 64-bit ids keep their digits. Of a key given twice the last one counts, as in `JSON.parse`.
 * @throws SyntaxError when the bytes are no UTF-8 JSON, or nested so deep that reading them is refused.
 */
export function decodeJson(bytes: Uint8Array): unknown {
  const text = utf8.decode(bytes);
  try {
    if (!hasFraction(text)) {
      const value = withBigints(JSON.parse(text), false);
      if (value !== undefined) return value;
      // Escapes could spell the mark, and there is an end to what a BigInt is made of.
      if (!unusual.test(text)) return withBigints(JSON.parse(text.replace(stringOrLong, markNumber)), true);
    }
    return parse(text, null, { parseNumber, onDuplicateKey: ({ newValue }: { newValue: unknown }) => newValue });
  } catch (error) {
    if (error instanceof RangeError) throw new SyntaxError('nested too deep');
    throw error;
  }
}

// `JSON.parse` is several times as fast as any reader in JavaScript. Numbers too long for it are given to it as strings with this mark
// in front, from a text that holds none.
const mark = '\ue000';
const unusual = new RegExp(`[\\\\${mark}]|\\d{31}`);
const fraction = /\d[.eE]/;
const everyString = /"[^"\\]*(?:\\.[^"\\]*)*"/g;
const stringOrLong = /"[^"]*"|-?[1-9]\d{15,}/g;

/** Whether a number has a fraction or an exponent: it stays a number. Dots and digits are common in names. */
function hasFraction(text: string): boolean {
  return fraction.test(text) && fraction.test(text.replace(everyString, '""'));
}

function markNumber(token: string): string {
  return token.startsWith('"') ? token : `"${mark}${token}"`;
}

/** A value of `JSON.parse` with its numbers as bigints; undefined when one of them has lost digits. Objects are changed in place. */
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

/** Whether a body is a web page: what a proxy or a wrong URL answers where the API would send JSON. */
export function looksLikeHtml(contentType: string | undefined, bytes: Uint8Array): boolean {
  if (contentType?.toLowerCase().includes('html')) return true;
  return /^\s*<(!doctype|html|head|body)\b/i.test(Buffer.from(bytes.subarray(0, 200)).toString('latin1'));
}
