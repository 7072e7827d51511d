import { ServerError, UsageError } from '../errors.ts';
import { isHeld } from './digest.ts';
import { isAsWanted } from './match.ts';
import type { Credential, Listing } from './ports.ts';
import type { Facts } from './record.ts';
import { listAll, named, type Run } from './run.ts';
import { deleteCommand, theCredential } from './words.ts';

/**
 * How long to wait at least for the credential of a killed run to appear, in milliseconds, however short the deadline of its request was.
 */
const leastPatienceMs = 5000;
/** How much longer than the deadline of its request a creation may take, in milliseconds. */
const slackMs = 60_000;
/** How far two clocks of the platform may differ, in milliseconds: the one that dates credentials and the one in the `Date` header. */
const skewMs = 10 * 60_000;
const firstPauseMs = 250;
const longestPauseMs = 2000;

export interface Search {
  /** The credentials with the new name that did not exist before. */
  readonly strangers: readonly Credential[];
  /** The only stranger, if it has the wanted properties and was created in the time that the creation had. Undefined otherwise. */
  readonly orphan: Credential | undefined;
}

/** Looks in a list for the credential of a creation whose response is lost. */
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
 * Finds the credential that a killed run was creating. Waits for it, because its request may still be on its way. If several credentials
 * may be the one, the error names them all and the journal stays.
 * @returns undefined when the killed run created none.
 * @throws UsageError (exit 3) naming the candidates when it is not clear which one it is; ServerError (exit 2) when the list has rows that
 * cannot be read.
 */
export async function findLateOrphan(run: Run, facts: Facts): Promise<Credential | undefined> {
  const { clock, destination, serverClock, interrupt, report } = run;
  const patienceMs = Math.max(2 * facts.timeoutMs, leastPatienceMs);
  const until = clock.monotonic() + patienceMs;
  for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
    const listing = await listAll(run);
    const { strangers, orphan } = findOrphan(run, facts, listing);
    if (strangers.length > 0) {
      // If the destination has changed, it may hold this very credential, so the credential must not be deleted.
      const isUntouched = await isHeld(await destination.current(), facts.held);
      if (orphan !== undefined && isUntouched) return orphan;
      throw undecided(run, facts, strangers);
    }
    // The time is over only when both clocks say so. A gateway may send another time than the server, and a clock may have been adjusted.
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

/** Whether a credential may come from this creation, judged by its time. @param now the server's clock, milliseconds since the epoch. */
function isTimely({ lastUpdateTimestamp: made }: Credential, { startedAt, timeoutMs }: Facts, now: number): boolean {
  // Without a time from the platform, it is enough that the credential did not exist before.
  if (made === undefined) return true;
  const span = timeoutMs + slackMs;
  // Until the time of the creation is over, every new credential was created within it, whatever the server's clocks say.
  const latest = now - startedAt <= span ? Number.MAX_SAFE_INTEGER : startedAt + span;
  return made >= BigInt(Math.floor(startedAt - skewMs)) && made <= BigInt(Math.ceil(latest));
}

/** The error for a creation when it is not clear which credential it created. */
export function undecided({ kind, destination }: Run, facts: Facts, strangers: readonly Credential[]): UsageError {
  const { words } = kind;
  const which =
    strangers.length === 1
      ? `${theCredential(words, strangers[0]?.id)} of that name, which did not exist before, may be the one`
      : `${strangers.length} ${words.short}s of that name, which did not exist before, may be the one`;
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
