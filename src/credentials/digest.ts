/**
 * SHA-256 of a secret, in hexadecimal. It tells whether a destination still holds the secret, without revealing it. Node's hash functions
 * are loaded on the first call, because most commands need none.
 */
export async function digestOf(secret: string): Promise<string> {
  const { createHash } = await import('node:crypto');
  return createHash('sha256').update(secret).digest('hex');
}

/** Whether a secret has this digest. Also true if both are undefined. */
export async function isHeld(secret: string | undefined, digest: string | undefined): Promise<boolean> {
  return (secret === undefined ? undefined : await digestOf(secret)) === digest;
}
