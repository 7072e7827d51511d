import { UsageError } from './errors.ts';

const surrogate = /[\ud800-\udfff]/;
const MAX_INT64 = 9_223_372_036_854_775_807n;

/**
 * Reads the id of an ingestion API key or service token as the server prints it: a positive decimal int64.
 *
 * @param text digits only; no sign, space, leading zero, exponent or prefix.
 * @param flag the flag that the text was given for, for the message.
 * @param words the short name of the credential, and the command that lists its kind.
 * @throws UsageError for anything else.
 */
export function parseId(text: string, flag = '--id', words = { short: 'key', command: 'ingestion-api-key' }): bigint {
  if (/^[1-9][0-9]{0,18}$/.test(text)) {
    const id = BigInt(text);
    if (id <= MAX_INT64) return id;
  }
  throw new UsageError(`${flag} takes the id of a ${words.short}, a whole number from 1 to ${MAX_INT64}, not "${text}".`, {
    hints: [`See the ids with: sts ${words.command} list`],
  });
}

/**
 * Orders names by their UTF-8 bytes, as the server and every Go program do. JavaScript's own order differs where
 * characters beyond U+FFFF meet U+E000 to U+FFFF.
 *
 * @returns a negative number, zero or a positive number, as `Array.prototype.sort` wants it.
 */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left === right) continue;
    // The two orders differ only if a surrogate takes part. In that rare case the UTF-8 bytes are compared.
    return isSurrogate(left) || isSurrogate(right) ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : left - right;
  }
  return a.length - b.length;
}

/**
 * Sorts items by the UTF-8 bytes of a text of each, as `compareBytes` does. Items with equal texts keep their order. It is fast for long
 * lists: texts without surrogates, nearly all of them, are compared by JavaScript itself.
 * @returns the same array.
 */
export function sortByBytes<Item>(items: Item[], textOf: (item: Item) => string): Item[] {
  if (items.some((item) => surrogate.test(textOf(item)))) return items.sort((a, b) => compareBytes(textOf(a), textOf(b)));
  return items.sort((a, b) => {
    const [left, right] = [textOf(a), textOf(b)];
    return left < right ? -1 : left > right ? 1 : 0;
  });
}

/** The digits of an id. Small ids are written as numbers, which is several times as fast as writing a bigint; long lists have many ids. */
export function digitsOf(id: bigint): string {
  const number = Number(id);
  return String(Number.isSafeInteger(number) ? number : id);
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
