import { parse } from 'lossless-json';

/** A JSON value whose integers are exact: int64 is a bigint, never a number. */
export type Json = null | boolean | number | bigint | string | readonly Json[] | { readonly [name: string]: Json | undefined };

/** Writes a value as JSON. A bigint is written with all its digits, and an undefined member is left out. */
export function writeJson(value: Json): string {
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) return `[${value.map(writeJson).join(',')}]`;
  const members: string[] = [];
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined) members.push(`${JSON.stringify(name)}:${writeJson(member)}`);
  }
  return `{${members.join(',')}}`;
}

/**
 * Parses JSON text with exact integers.
 * @throws SyntaxError when the text is not JSON.
 */
export function readJson(text: string): unknown {
  return parse(text, null, (digits) => (/^-?\d+$/.test(digits) ? BigInt(digits) : Number(digits)));
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
