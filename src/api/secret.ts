import { visible } from '../escape.ts';

/** The longest that servers take in a header, by their defaults. */
const longestBytes = 8192;
/** What stands in place of a secret that is not shown. */
const masked = /\*{3,}|[\u2022\u25cf\u2026]/;

/**
 * Whether a text of the server can be the secret of a key or a token: those who use it send it in a header of HTTP, which bears any printable
 * characters, blanks at the ends excepted, up to some length.
 */
export function isSecret(value: unknown): value is string {
  if (typeof value !== 'string' || value === '' || value.trim() !== value) return false;
  return visible(value) === value && !masked.test(value) && Buffer.byteLength(value) <= longestBytes;
}
