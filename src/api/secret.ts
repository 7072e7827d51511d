import { visible } from '../escape.ts';

/** What servers accept in one header by default. */
const longestBytes = 8192;
/** Characters that stand for a secret that is not shown. */
const masked = /\*{3,}|[\u2022\u25cf\u2026]/;

/**
 * Whether a text of the server can be the secret of a key or a token. Agents and collectors send it in an HTTP header, so it has only printable
 * characters, no blanks at its ends, and a limited length. A masked one is no secret.
 */
export function isSecret(value: unknown): value is string {
  if (typeof value !== 'string' || value === '' || value.trim() !== value) return false;
  return visible(value) === value && !masked.test(value) && Buffer.byteLength(value) <= longestBytes;
}
