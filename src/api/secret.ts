import { visible } from '../escape.ts';

/** The longest header value that servers accept by default. */
const longestBytes = 8192;
/** Characters with which a secret is masked. */
const masked = /\*{3,}|[\u2022\u25cf\u2026]/;

/**
 * Whether a text of the server can be the secret of a key or token. Agents and collectors send the secret in an HTTP header, so it must
 * have only printable characters, no blanks at its ends, and a limited length. A masked secret cannot be used.
 */
export function isSecret(value: unknown): value is string {
  if (typeof value !== 'string' || value === '' || value.trim() !== value) return false;
  return visible(value) === value && !masked.test(value) && Buffer.byteLength(value) <= longestBytes;
}
