import { parse } from 'lossless-json';

/**
 * Reads JSON with every whole number as a bigint, so that 64-bit ids keep their digits. Of a key given twice the last one counts, as in `JSON.parse`.
 * @throws SyntaxError when the bytes are no UTF-8 JSON, or nested so deep that reading them is refused.
 */
export function decodeJson(bytes: Uint8Array): unknown {
  const text = new TextDecoder('utf-8').decode(bytes);
  try {
    return parse(text, null, { parseNumber, onDuplicateKey: ({ newValue }: { newValue: unknown }) => newValue });
  } catch (error) {
    if (error instanceof RangeError) throw new SyntaxError('nested too deep');
    throw error;
  }
}

function parseNumber(digits: string): bigint | number {
  return /^-?\d{1,30}$/.test(digits) ? BigInt(digits) : Number(digits);
}

/** Whether a body is a web page: what a proxy or a wrong URL answers where the API would send JSON. */
export function looksLikeHtml(contentType: string | undefined, bytes: Uint8Array): boolean {
  if (contentType?.toLowerCase().includes('html')) return true;
  return /^\s*<(!doctype|html|head|body)\b/i.test(Buffer.from(bytes.subarray(0, 200)).toString('latin1'));
}
