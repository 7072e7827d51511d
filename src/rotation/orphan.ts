import type { IngestionApiKey, KeyListing } from '../api/model.ts';
import { effect } from '../delivery/effects.ts';
import { UsageError } from '../errors.ts';
import type { RotationContext } from './context.ts';
import { type JournalFacts, pendingPath } from './journal.ts';
import { deleteCommand } from './words.ts';

interface Search {
  readonly orphan: bigint | undefined;
  /** The server's clock, milliseconds since the epoch. */
  readonly serverTime: number | undefined;
}

/** What a creation may take longer than its request was given, and clocks may be apart. */
const slackMs = 60 * 1000;
/** A key made later than this after a rotation was broken off is not its own for sure. */
const doubtfulMs = 10 * 60 * 1000;
const firstPauseMs = 250;
const longestPauseMs = 2000;

/**
 * The key that a creation made whose answer nobody kept: `GET /security/ingestion/api_keys`, compared with what was there before. It has
 * the name, description and expiration that were asked for, was not there before, and was made in the time that the creation had. A
 * key that somebody else makes at that time, of the same name and never to expire, looks the same.
 * @returns its id; undefined when there is none.
 * @throws UsageError (exit 3) with the keys that may be it, when that cannot be told.
 */
export async function findOrphan(context: RotationContext, path: string, journal: JournalFacts): Promise<bigint | undefined> {
  return (await lookForOrphan(context, path, journal)).orphan;
}

/** As findOrphan(), with patience: the request of a process that was killed a moment ago may still be on its way. */
export async function findLateOrphan(context: RotationContext, path: string, journal: JournalFacts): Promise<bigint | undefined> {
  const until = context.now() + journal.timeoutMs;
  for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
    const { orphan, serverTime = context.now() } = await lookForOrphan(context, path, journal);
    const remainingMs = Math.min(journal.startedAt + journal.timeoutMs - serverTime, until - context.now());
    if (orphan !== undefined || remainingMs <= 0) return orphan;
    await context.report({ kind: 'searching', remainingMs });
    await context.sleep(Math.min(pause, remainingMs), context.interrupt);
  }
}

async function lookForOrphan(context: RotationContext, path: string, journal: JournalFacts): Promise<Search> {
  const { api, interrupt, step, waiting } = context;
  const listing: KeyListing = await waiting('Listing keys', () =>
    effect(step, 'list keys', () => api.listKeys({ signal: interrupt })),
  );
  const { serverTime } = listing;
  const madeBy = (ms: number) => BigInt(Math.ceil(journal.startedAt + ms));
  const strangers = listing.keys.filter(
    ({ id, name, lastUpdateTimestamp: made }) =>
      name === journal.wanted.name && !journal.before.includes(id) && made <= madeBy(doubtfulMs),
  );
  if (strangers.length === 0) return { orphan: undefined, serverTime };
  const likely = strangers.filter(
    (key) => isAsWanted(key, journal) && key.lastUpdateTimestamp <= madeBy(journal.timeoutMs + slackMs),
  );
  const [only] = likely;
  if (likely.length === 1 && only !== undefined) return { orphan: only.id, serverTime };
  throw undecided(likely.length > 0 ? likely : strangers, path);
}

function isAsWanted(key: IngestionApiKey, { wanted }: JournalFacts): boolean {
  return (key.description ?? '') === (wanted.description ?? '') && key.expiration === wanted.expiration;
}

function undecided(keys: readonly IngestionApiKey[], path: string): UsageError {
  const may =
    keys.length === 1 ? `the key ${keys[0]?.id} of that name may be the one` : `${keys.length} keys of that name may be the one`;
  return new UsageError(`A rotation of ${path} was broken off while it created a key, and ${may}. Nothing was deleted.`, {
    hints: [
      ...keys.map(({ id }) => `Delete the key ${id} if nobody uses it: ${deleteCommand(id)}`),
      `Then remove the rotation's journal: rm ${pendingPath(path)}`,
    ],
  });
}
