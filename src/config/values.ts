import { ConfigError } from '../errors.ts';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const DAY_MS = 24 * 3_600_000;

/**
 * Reads the API path under the URL.
 * @returns the path with a leading slash and no trailing one; empty for `/`.
 * @throws ConfigError for a whole URL, or a path with a query, a fragment, `..` (encoded or not) or characters that no path has.
 */
export function parseApiPath(text: string, from: string): string {
  const path = `/${text.trim().replace(/^\/+|\/+$/g, '')}`;
  // Servers decode a path before they resolve dots, so an encoded `..` works like a plain one.
  const parts = path.replace(/%2e/gi, '.').split(/\/|%2f|%5c/i);
  const plain = /^[A-Za-z0-9._~!$&'()*+,;=:@%/-]*$/.test(path) && !path.includes('://');
  if (!plain || parts.some((part) => part === '.' || part === '..')) {
    throw new ConfigError(`The API path given by ${from} is not a plain path.`, { hints: ['It looks like /api'] });
  }
  return path === '/' ? '' : path;
}

const TRUE = ['1', 't', 'true', 'yes', 'on'];
const FALSE = ['0', 'f', 'false', 'no', 'off'];

/** Reads a word for true or false, in upper or lower case; undefined for any other word. */
export function booleanOf(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  return TRUE.includes(word) ? true : FALSE.includes(word) ? false : undefined;
}

/** @throws ConfigError for anything that is not a word for true or false. */
export function parseBoolean(text: string, from: string): boolean {
  const value = booleanOf(text);
  if (value !== undefined) return value;
  throw new ConfigError(`${from} must be true or false.`, {
    hints: [`Set ${from} to true or false. 1, t, yes, on and 0, f, no, off are accepted, too.`],
  });
}

/**
 * Reads a duration such as `500ms`, `30s`, `2m` or `1m30s`.
 * @returns milliseconds, from 1 ms to 24 hours; undefined if the text is not such a duration. A number without a unit is not one.
 */
export function parseTimeout(text: string): number | undefined {
  if (!/^(?:\d{1,9}(?:\.\d{1,9})?(?:ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(ms|s|m|h)/g))
    total += Number(amount) * (UNIT_MS[unit ?? ''] ?? Number.NaN);
  const ms = Math.round(total);
  return ms >= 1 && ms <= DAY_MS ? ms : undefined;
}
