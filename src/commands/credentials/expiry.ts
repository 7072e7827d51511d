import type { Credential } from '../../credentials/ports.ts';

/** Whether a credential has expired: it dies at its expiration, not after it. @param now milliseconds since the epoch. */
export function isExpired({ expiration }: Pick<Credential, 'expiration'>, now: number): boolean {
  return expiration !== undefined && expiration <= BigInt(now);
}

/**
 * Whether a credential lives and expires soon; one that has expired does not count.
 * @param until the last moment that counts, in milliseconds since the epoch.
 */
export function expiresBy({ expiration }: Pick<Credential, 'expiration'>, now: number, until: number): boolean {
  return expiration !== undefined && expiration > BigInt(now) && expiration <= BigInt(until);
}
