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

const dayMs = 24 * 60 * 60 * 1000;
const hourMs = 60 * 60 * 1000;
const minuteMs = 60 * 1000;

/** What ends within this time ends soon: it is shown in yellow, and with how long it lives. */
export const soonMs = 14 * dayMs;

/** `valid`, `expires in 3d`, `expired`: how a credential stands, for who cannot go by the colour. @param now milliseconds since the epoch. */
export function statusOf(credential: Pick<Credential, 'expiration'>, now: number): string {
  if (isExpired(credential, now)) return 'expired';
  if (credential.expiration === undefined || !expiresBy(credential, now, now + soonMs)) return 'valid';
  const left = Number(credential.expiration) - now;
  if (left >= dayMs) return `expires in ${Math.floor(left / dayMs)}d`;
  return left >= hourMs ? `expires in ${Math.floor(left / hourMs)}h` : `expires in ${Math.ceil(left / minuteMs)}m`;
}
