import { ServerError, UsageError } from '../errors.ts';
import { isHeld } from './digest.ts';
import { isAsWanted } from './match.ts';
import type { Credential, Listing } from './ports.ts';
import type { Facts } from './record.ts';
import { listAll, named, type Run } from './run.ts';
import { deleteCommand, theCredential } from './words.ts';

/** The least time that a creation of a killed run is waited for, in milliseconds, however short its request's deadline was. */
const leastPatienceMs = 5000;
/** What a creation may take longer than its request was given. */
const slackMs = 60_000;
/** How far the clock that a credential's time comes from and the one of the responses may be apart. */
const skewMs = 10 * 60_000;
const firstPauseMs = 250;
const longestPauseMs = 2000;

export interface Search {
  /** What bears the new name and was not there before. */
  readonly strangers: readonly Credential[];
  /** The only stranger, where it is as it was asked for and was made in the time that the creation had. */
  readonly orphan: Credential | undefined;
}

/** Looks in a list for what a creation made whose response nobody kept. */
export function findOrphan(run: Run, facts: Facts, listing: Listing): Search {
  const strangers = named(listing, facts.wanted.name).filter(({ id }) => !facts.before.includes(id));
  const [only] = strangers;
  const isOrphan =
    strangers.length === 1 &&
    only !== undefined &&
    isAsWanted(only, facts.wanted) &&
    isTimely(only, facts, listing.serverTime ?? run.serverClock.exact());
  return { strangers, orphan: isOrphan ? only : undefined };
}

/**
 * The credential that a killed run was creating, with patience: its request may still be on its way. What else may be it is named, and
 * the journal stays.
 * @returns undefined when it made none.
 * @throws UsageError (exit 3) with all that may be it, when that cannot be told; ServerError (exit 2) when rows cannot be read.
 */
export async function findLateOrphan(run: Run, facts: Facts): Promise<Credential | undefined> {
  const { clock, destination, serverClock, interrupt, report } = run;
  const patienceMs = Math.max(2 * facts.timeoutMs, leastPatienceMs);
  const until = clock.monotonic() + patienceMs;
  for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
    const listing = await listAll(run);
    const { strangers, orphan } = findOrphan(run, facts, listing);
    if (strangers.length > 0) {
      // What the destination holds by now may be just this one: somebody has delivered one there since.
      const isUntouched = await isHeld(await destination.current(), facts.held);
      if (orphan !== undefined && isUntouched) return orphan;
      throw undecided(run, facts, strangers);
    }
    // It is over for sure once both clocks say so: a gateway may tell another time than the server, and a clock may have been set.
    const now = Math.min(serverClock.exact(), clock.now());
    const remainingMs = Math.min(facts.startedAt + patienceMs - now, until - clock.monotonic());
    if (remainingMs <= 0) {
      if (listing.rejected.length > 0) throw unreadable(run, listing);
      return undefined;
    }
    await report({ kind: 'searching', remainingMs });
    await clock.sleep(Math.min(pause, remainingMs), interrupt);
  }
}

/** Whether a credential may have been made by a creation. @param now the server's clock, milliseconds since the epoch. */
function isTimely({ lastUpdateTimestamp: made }: Credential, { startedAt, timeoutMs }: Facts, now: number): boolean {
  // Where the platform tells no time, not having been there before must do.
  if (made === undefined) return true;
  const span = timeoutMs + slackMs;
  // While the time of the creation is not over all that is new was made in it, whatever the server's clocks say.
  const latest = now - startedAt <= span ? Number.MAX_SAFE_INTEGER : startedAt + span;
  return made >= BigInt(Math.floor(startedAt - skewMs)) && made <= BigInt(Math.ceil(latest));
}

/** The error for a creation of which cannot be told what it made. */
export function undecided({ kind, destination }: Run, facts: Facts, strangers: readonly Credential[]): UsageError {
  const { words } = kind;
  const which =
    strangers.length === 1
      ? `${theCredential(words, strangers[0]?.id)} of that name, which was not there before, may be the one`
      : `${strangers.length} ${words.short}s of that name, which were not there before, may be the one`;
  const remove = destination.journal === undefined ? [] : [`Then remove the journal: ${destination.journal.remove}`];
  return new UsageError(
    `An earlier run was broken off while it created a ${words.short} named ${JSON.stringify(facts.wanted.name)} for ${destination.description}, and ${which}. Nothing was deleted.`,
    {
      hints: [
        ...strangers.map(({ id }) => `Delete ${theCredential(words, id)} if nobody uses it: ${deleteCommand(words, id)}`),
        ...remove,
      ],
    },
  );
}

function unreadable({ kind, destination }: Run, { rejected }: Listing): ServerError {
  return new ServerError(
    `An earlier run was broken off while it created a ${kind.words.short} for ${destination.description}, and the list has rows that cannot be read: one of them may be it. Nothing was deleted.`,
    { hints: [...rejected, 'Run the same command again when the list is whole.'] },
  );
}
