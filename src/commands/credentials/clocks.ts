import type { Listing } from '../../credentials/ports.ts';

/** From this difference on one of the clocks is wrong: the network and the rounding of the `Date` header explain less. */
const differenceMs = 60_000;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** This machine's clock and the server's, in milliseconds since the epoch. */
export interface Clocks {
  /** The time to reckon with: the server's where the two differ, since the server decides when something ends. */
  readonly now: number;
  readonly earliest: number;
  readonly latest: number;
  /** Says that the two differ. */
  readonly warning?: string;
}

/**
 * @param here this machine's clock, milliseconds since the epoch.
 * @param serverTime the server's, where it was told.
 */
export function clocksOf(here: number, { serverTime = here }: Pick<Listing, 'serverTime'>): Clocks {
  const ahead = here - serverTime;
  if (Math.abs(ahead) <= differenceMs) return { now: here, earliest: here, latest: here };
  const side = ahead > 0 ? 'ahead of' : 'behind';
  return {
    now: serverTime,
    earliest: Math.min(here, serverTime),
    latest: Math.max(here, serverTime),
    warning: `This machine's clock is ${spoken(Math.abs(ahead))} ${side} the server's. Times are reckoned by the server's clock.`,
  };
}

function spoken(ms: number): string {
  if (ms < 2 * hourMs) return `${Math.round(ms / minuteMs)} minutes`;
  return ms < 48 * hourMs ? `${Math.round(ms / hourMs)} hours` : `${Math.round(ms / (24 * hourMs))} days`;
}
