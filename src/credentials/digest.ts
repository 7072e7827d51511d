/**
 * SHA-256 of a secret, hexadecimal: it tells whether a destination still holds it, and gives nothing away. Node's hashes are loaded with
 * the first one: most commands need none.
 */
export async function digestOf(secret: string): Promise<string> {
  const { createHash } = await import('node:crypto');
  return createHash('sha256').update(secret).digest('hex');
}

/** Whether a secret is the one with this digest; both may be none. */
export async function isHeld(secret: string | undefined, digest: string | undefined): Promise<boolean> {
  return (secret === undefined ? undefined : await digestOf(secret)) === digest;
}
