import { ConfigError } from '../errors.ts';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const DAY_MS = 24 * 3_600_000;

/**
 * The path of the API under the URL: leading slash, no trailing one; empty for `/`.
 * @throws ConfigError for a whole URL, or a path with a query, a fragment, `..` (encoded or not) or characters no path has.
 */
export function parseApiPath(text: string, from: string): string {
  const path = `/${text.trim().replace(/^\/+|\/+$/g, '')}`;
  // Servers decode before they resolve dots, so an encoded one leads as far.
  const parts = path.replace(/%2e/gi, '.').split(/\/|%2f|%5c/i);
  const plain = /^[A-Za-z0-9._~!$&'()*+,;=:@%/-]*$/.test(path) && !path.includes('://');
  if (!plain || parts.some((part) => part === '.' || part === '..')) {
    throw new ConfigError(`The API path given by ${from} is no plain path.`, { hints: ['It looks like /api'] });
  }
  return path === '/' ? '' : path;
}

const TRUE = ['1', 't', 'true', 'yes', 'on'];
const FALSE = ['0', 'f', 'false', 'no', 'off'];

/** What a word for true or false says, whatever its case; undefined when it is none. */
export function booleanOf(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  return TRUE.includes(word) ? true : FALSE.includes(word) ? false : undefined;
}

/** @throws ConfigError for anything that is no word for true or false. */
export function parseBoolean(text: string, from: string): boolean {
  const value = booleanOf(text);
  if (value !== undefined) return value;
  throw new ConfigError(`${from} must be true or false.`, {
    hints: [`Set ${from} to true or false; 1, t, yes, on and 0, f, no, off are taken too.`],
  });
}

/**
 * A duration such as `500ms`, `30s`, `2m`, `1m30s`.
 * @returns milliseconds, 1 to 24 hours; undefined when it is none. A plain number has no unit, so it is none.
 */
export function parseTimeout(text: string): number | undefined {
  if (!/^(?:\d{1,9}(?:\.\d{1,9})?(?:ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(ms|s|m|h)/g))
    total += Number(amount) * (UNIT_MS[unit ?? ''] ?? Number.NaN);
  const ms = Math.round(total);
  return ms >= 1 && ms <= DAY_MS ? ms : undefined;
}
