import type { IngestionApiKey, KeyListing } from '../api/model.ts';
import { effect } from '../delivery/effects.ts';
import { UsageError } from '../errors.ts';
import type { RotationContext } from './context.ts';
import { type JournalFacts, pendingPath } from './journal.ts';
import { deleteCommand, shellWord } from './words.ts';

interface Search {
  readonly orphan: bigint | undefined;
  /** The server's clock, milliseconds since the epoch. */
  readonly serverTime: number | undefined;
}

/** What a creation may take longer than its request was given. */
const slackMs = 60 * 1000;
/** How far the clock that a key's time comes from and the one of the answers may be apart; a key beyond was made another time for sure. */
const skewMs = 10 * 60 * 1000;
/** What a server may round an expiration by. */
const roundingMs = 1000n;
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
  // A server may still be at it when the request's time is over.
  const patienceMs = 2 * journal.timeoutMs;
  const until = context.now() + patienceMs;
  for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
    const { orphan, serverTime = context.now() } = await lookForOrphan(context, path, journal);
    const remainingMs = Math.min(journal.startedAt + patienceMs - serverTime, until - context.now());
    if (orphan !== undefined || remainingMs <= 0) return orphan;
    await context.report({ kind: 'searching', remainingMs });
    await context.sleep(Math.min(pause, remainingMs), context.interrupt);
  }
}

async function lookForOrphan(context: RotationContext, path: string, journal: JournalFacts): Promise<Search> {
  const { api, interrupt, now, step, waiting } = context;
  const listing: KeyListing = await waiting('Listing keys', () =>
    effect(step, 'list keys', () => api.listKeys({ signal: interrupt })),
  );
  const { serverTime } = listing;
  const strangers = listing.keys.filter(({ id, name }) => name === journal.wanted.name && !journal.before.includes(id));
  const span = journal.timeoutMs + slackMs;
  const elapsed = (serverTime ?? now()) - journal.startedAt;
  const madeBetween = ({ lastUpdateTimestamp: made }: IngestionApiKey, from: number, to: number) =>
    made >= BigInt(Math.floor(journal.startedAt + from)) && made <= BigInt(Math.ceil(journal.startedAt + to));
  // While the time of the creation is not over all that is new was made in it, whatever the server's clocks say.
  const isTimely = (key: IngestionApiKey) => madeBetween(key, -skewMs, elapsed <= span ? Number.MAX_SAFE_INTEGER / 2 : span);
  const possible = strangers.filter((key) => isTimely(key) || madeBetween(key, -skewMs, skewMs));
  if (possible.length === 0) return { orphan: undefined, serverTime };
  const likely = possible.filter((key) => isTimely(key) && isAsWanted(key, journal));
  const [only] = likely;
  if (likely.length === 1 && only !== undefined) return { orphan: only.id, serverTime };
  throw undecided(likely.length > 0 ? likely : possible, path);
}

function isAsWanted(key: IngestionApiKey, { wanted }: JournalFacts): boolean {
  if ((key.description ?? '') !== (wanted.description ?? '')) return false;
  if (key.expiration === undefined || wanted.expiration === undefined) return key.expiration === wanted.expiration;
  const apart = key.expiration - wanted.expiration;
  return apart > -roundingMs && apart < roundingMs;
}

function undecided(keys: readonly IngestionApiKey[], path: string): UsageError {
  const may =
    keys.length === 1 ? `the key ${keys[0]?.id} of that name may be the one` : `${keys.length} keys of that name may be the one`;
  return new UsageError(`A rotation of ${path} was broken off while it created a key, and ${may}. Nothing was deleted.`, {
    hints: [
      ...keys.map(({ id }) => `Delete the key ${id} if nobody uses it: ${deleteCommand(id)}`),
      `Then remove the rotation's journal: rm ${shellWord(pendingPath(path))}`,
    ],
  });
}
