import type { IngestionApiKey } from '../../api/model.ts';

/** Whether a key has expired. A key dies at its expiration, not after it. @param now milliseconds since the epoch. */
export function isExpired({ expiration }: Pick<IngestionApiKey, 'expiration'>, now: number): boolean {
  return expiration !== undefined && expiration <= BigInt(now);
}

/**
 * Whether a key still lives but expires soon; one that has expired already does not.
 * @param until the last moment that counts, in milliseconds since the epoch.
 */
export function expiresBy({ expiration }: Pick<IngestionApiKey, 'expiration'>, now: number, until: number): boolean {
  return expiration !== undefined && expiration > BigInt(now) && expiration <= BigInt(until);
}
