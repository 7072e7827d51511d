import { createHash } from 'node:crypto';

/** SHA-256 of a secret, hexadecimal: it tells whether a destination still holds it, and gives nothing away. */
export function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Whether a secret is the one with this digest; both may be none. */
export function isHeld(secret: string | undefined, digest: string | undefined): boolean {
  return (secret === undefined ? undefined : digestOf(secret)) === digest;
}
