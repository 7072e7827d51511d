import { addDuration, type Duration, formatDate, parseDuration, parseExpirationDate } from '../../dates.ts';
import { UsageError } from '../../errors.ts';
import type { Flags } from '../verb.ts';

export interface ExpirationOptions {
  /** `yyyy-MM-dd`, checked against the clock when the verb runs. */
  readonly expiration?: string;
  readonly expiresIn?: Duration;
}

/** @param otherwise when a new credential ends where neither is given. */
export function expirationFlags(otherwise: string): Flags<ExpirationOptions> {
  return {
    expiration: {
      long: 'expiration',
      value: 'yyyy-MM-dd',
      help: `date it expires, midnight UTC (default: ${otherwise})`,
    },
    expiresIn: {
      long: 'expires-in',
      value: 'duration',
      parse: (text) => parseDuration(text),
      help: 'time it lives: 90d, 12h, 2w, 6mo, 1y',
    },
  };
}

/**
 * When a new credential ends.
 * @param now milliseconds since the epoch, by the clock of this machine.
 * @returns undefined where the flags do not say it; else a function of the time that both sides agree on.
 * @throws UsageError for both flags, or a date that is none or has passed.
 */
export function expirationOf(
  { expiration, expiresIn }: ExpirationOptions,
  now: number,
): ((agreed: number) => bigint) | undefined {
  if (expiration !== undefined && expiresIn !== undefined) {
    throw new UsageError('--expiration and --expires-in both say when it ends: give one of them.');
  }
  if (expiration !== undefined) {
    const date = parseExpirationDate(expiration, now);
    return () => date;
  }
  if (expiresIn === undefined) return undefined;
  // Refused before anything is sent, should it end beyond the calendar.
  addDuration(now, expiresIn);
  return (agreed) => BigInt(addDuration(Math.floor(agreed), expiresIn));
}

const dayMs = 24 * 60 * 60 * 1000;
/** A day says little of what ends within two. */
const soonMs = 2 * dayMs;

/**
 * When a credential ends, as a sentence's end: `never`, `2027-02-23`, or with the time of day where it is near and not midnight.
 * @param now milliseconds since the epoch.
 */
export function endOf({ expiration }: { readonly expiration?: bigint }, now: number): string {
  if (expiration === undefined) return 'never';
  const isNear = expiration > BigInt(Math.floor(now - soonMs)) && expiration < BigInt(Math.floor(now + soonMs));
  return isNear && expiration % BigInt(dayMs) !== 0n
    ? `${new Date(Number(expiration)).toISOString().slice(0, 16).replace('T', ' ')} UTC`
    : formatDate(expiration);
}
