import { type OutcomeUnknownError, ServerError, type StsError } from '../errors.ts';
import { findOrphan, undecided } from './late.ts';
import { isAsWanted } from './match.ts';
import type { Credential, Listing, NewCredential } from './ports.ts';
import type { Facts } from './record.ts';
import { dropQuietly, listToTheEnd, named, type Run } from './run.ts';
import { deletionTrouble } from './undo.ts';
import { capital, deleteCommand, listCommand, theCredential } from './words.ts';

/** How long the list is looked at again after the server itself said that it failed: some show what they made only later. */
const patienceMs = 4000;
const firstPauseMs = 250;
/** How far the clock that a credential's time comes from and the one of the `Date` header may be apart. */
const toleranceMs = 10_000;
/** The same where the server does not tell its time and the clock here has to do. */
const blindToleranceMs = 5 * 60 * 1000;
/** The statuses of a gateway that gave up on the server, or lost it: the server may still be at it. */
const stillWorking = new Set([502, 503, 504]);

/** Whether the server itself said that it failed, so that nothing more can come of the request after a while. */
function hasFailed(status: number | undefined): status is number {
  return status !== undefined && status >= 500 && !stillWorking.has(status);
}

/** Whether nothing more can come of the request: it failed, or the name is taken. */
function isOver(status: number | undefined): status is number {
  return status === 409 || hasFailed(status);
}

export interface LostCreation {
  readonly wanted: NewCredential;
  /** What there was before; undefined where that is not known, and the times have to tell. */
  readonly known: Listing | undefined;
  /** Undefined where no journal is kept: nothing is deleted then but what the response names itself. */
  readonly facts: Facts | undefined;
  readonly error: OutcomeUnknownError;
}

/**
 * Finds out what became of a creation whose response was lost. What it made for sure is deleted; what it may have made is named.
 * @returns the error to throw: ServerError (exit 2) when nothing is left, else OutcomeUnknownError (exit 11).
 */
export async function settleLost(run: Run, lost: LostCreation): Promise<StsError> {
  const { error, facts } = lost;
  if (error.keyId !== undefined) return undoNamed(run, lost, error.keyId);
  let candidates: readonly Credential[];
  try {
    candidates = await lookAgain(run, lost);
  } catch {
    return unsettled(run, lost, `The ${run.kind.words.short} may exist, and the list could not be read to find out.`);
  }
  if (candidates.length === 0) {
    if (!isOver(error.status)) return unsettled(run, lost, 'The server lists no new one yet, but may still be creating it.');
    // After a failure the journal stays: the next run looks once more.
    if (error.status === 409 && facts !== undefined) await dropQuietly(run, run.destination.journal);
    return failed(error, `The server lists no new ${run.kind.words.short} of that name.`);
  }
  // A conflict says that the name is taken: by this creation, where a proxy sent it twice, or by somebody else.
  if (facts === undefined || error.status === 409) return mayBe(run, lost, candidates);
  const [only] = candidates;
  if (candidates.length > 1 || only === undefined || !isAsWanted(only, lost.wanted)) {
    return error.because('A new one may exist that nobody holds.', { hints: undecided(run, facts, candidates).hints });
  }
  return undoNamed(run, lost, only.id);
}

/** The new credential is known by its id, and its secret is lost: it is deleted. */
async function undoNamed(run: Run, { error, facts }: LostCreation, id: bigint): Promise<StsError> {
  const { words } = run.kind;
  const trouble = await deletionTrouble(run, id);
  if (trouble === undefined) {
    if (facts !== undefined) await dropQuietly(run, run.destination.journal);
    return failed(error, `${capital(theCredential(words, id))} that it created was deleted again.`);
  }
  return error.because(`${capital(theCredential(words, id))} was created, and nobody holds it. ${trouble}`, {
    hints: [`Delete it: ${deleteCommand(words, id)}`, ...error.hints],
  });
}

/** Looks at the list; once more and again where the server said that it failed. */
async function lookAgain(run: Run, { wanted, known, facts, error }: LostCreation): Promise<readonly Credential[]> {
  const { clock } = run;
  const until = clock.monotonic() + patienceMs;
  for (let pause = firstPauseMs; ; pause *= 2) {
    const listing = await listToTheEnd(run);
    const found =
      facts !== undefined
        ? (await findOrphan(run, facts, listing)).strangers
        : known !== undefined
          ? named(listing, wanted.name).filter(({ id }) => !known.credentials.some((before) => before.id === id))
          : madeSince(listing, wanted.name, error.sentAt, clock.now());
    if (found.length > 0 || !hasFailed(error.status) || clock.monotonic() + pause > until) return found;
    await clock.sleep(pause);
  }
}

/** Credentials of a name that came to be since a request left, by the server's own clock where it told it. */
function madeSince(listing: Listing, name: string, sentAt: number, now: number): readonly Credential[] {
  const elapsed = Math.max(0, now - sentAt);
  const { serverTime } = listing;
  const since = serverTime === undefined ? sentAt - blindToleranceMs : serverTime - elapsed - toleranceMs;
  return named(listing, name).filter(({ lastUpdateTimestamp: made }) => made === undefined || made >= BigInt(Math.floor(since)));
}

function mayBe(run: Run, { error }: LostCreation, candidates: readonly Credential[]): StsError {
  const { words } = run.kind;
  const what =
    candidates.length === 1
      ? `A ${words.short} of that name appeared since; nobody may hold it.`
      : `${candidates.length} ${words.short}s of that name appeared since; nobody may hold them.`;
  return error.because(what, {
    hints: candidates.map(
      ({ id }) => `Delete ${theCredential(words, id)} unless you know who made it: ${deleteCommand(words, id)}`,
    ),
  });
}

function unsettled({ kind }: Run, { error, facts }: LostCreation, what: string): StsError {
  const { words } = kind;
  const hints =
    facts === undefined
      ? [`See in a minute whether it exists: ${listCommand(words)}`, `Delete it if so: sts ${words.command} delete --id ID`]
      : ['Run the same command again: that looks for it first and deletes it.'];
  const untouched = facts?.old === undefined ? '' : ' The old one is untouched.';
  return error.because(`${what}${untouched}`, { hints });
}

function failed(error: OutcomeUnknownError, fate: string): StsError {
  const reason = error.cause instanceof ServerError ? error.cause : error;
  return new ServerError(`${error.message} ${fate}`, {
    ...(error.status === undefined ? {} : { status: error.status }),
    hints: reason.hints,
    cause: error,
  });
}
