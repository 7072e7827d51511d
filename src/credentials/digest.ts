import { createHash } from 'node:crypto';

/** SHA-256 of a secret, hexadecimal: it tells whether a destination still holds it, and gives nothing away. */
export function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
