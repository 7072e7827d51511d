import { type OutcomeUnknownError, ServerError, StsError } from '../errors.ts';
import { findOrphan, type Search, undecided } from './late.ts';
import type { Credential, Listing, NewCredential } from './ports.ts';
import type { Facts } from './record.ts';
import { dropQuietly, listToTheEnd, named, type Run } from './run.ts';
import { deleteForSure } from './undo.ts';
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
/** The name is taken: by somebody else's credential, or by the one that this creation made before a proxy sent it once more. */
const conflict = 409;

/** Whether the server itself said that it failed, so that nothing more can come of the request after a while. */
function isOver(status: number | undefined): boolean {
  return status !== undefined && status >= 500 && !stillWorking.has(status);
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
  const noun = run.kind.words.short;
  let found: Search & { readonly isWhole: boolean };
  try {
    if (error.keyId !== undefined && (await isNew(run, lost, error.keyId))) return await undoNamed(run, lost, error.keyId);
    found = await lookAgain(run, lost);
  } catch (trouble) {
    if (!(trouble instanceof StsError)) throw trouble;
    return unsettled(run, lost, `The ${noun} may exist, and the list could not be read to find out.`);
  }
  const { strangers, orphan, isWhole } = found;
  // A conflict is a clear word: only what it is about has to be looked up, once.
  if (facts !== undefined && error.status === conflict && isWhole) await dropQuietly(run, run.destination.journal);
  if (strangers.length === 0) {
    if (error.status === conflict || isOver(error.status)) {
      // After a failure the journal stays: the next run looks once more.
      return failed(error, `The server lists no new ${noun} of that name.`);
    }
    return unsettled(run, lost, 'The server lists no new one yet, but may still be creating it.');
  }
  if (facts === undefined || error.status === conflict) return mayBe(run, lost, strangers);
  if (orphan === undefined || !(await isStillOurs(run))) {
    return error.because('A new one may exist that nobody holds.', { hints: undecided(run, facts, strangers).hints });
  }
  return undoNamed(run, lost, orphan.id);
}

/** The new credential is known by its id, and its secret is lost: it is deleted. */
async function undoNamed(run: Run, { error, facts }: LostCreation, id: bigint): Promise<StsError> {
  const { words } = run.kind;
  try {
    await deleteForSure(run, id);
  } catch (trouble) {
    if (!(trouble instanceof StsError)) throw trouble;
    return error.because(`${capital(theCredential(words, id))} was created, and nobody holds it. ${trouble.message}`, {
      hints: [`Delete it: ${deleteCommand(words, id)}`, ...error.hints],
    });
  }
  if (facts !== undefined) await dropQuietly(run, run.destination.journal);
  return failed(error, `${capital(theCredential(words, id))} that it created was deleted again.`);
}

/** Whether an id that a response names can be that of the new credential; where it is not known what there was, its time tells. */
async function isNew(run: Run, lost: LostCreation, id: bigint): Promise<boolean> {
  // An id that was there before is not taken over from the response.
  if (lost.known !== undefined) return true;
  return madeSince(run, lost, await listToTheEnd(run)).some((credential) => credential.id === id);
}

/** Whether it is sure that no other run has taken over: what is new in the list may be that one's. */
async function isStillOurs({ destination }: Run): Promise<boolean> {
  try {
    await destination.journal?.confirm();
    return true;
  } catch (error) {
    if (error instanceof StsError) return false;
    throw error;
  }
}

/** Looks at the list; once more and again where the server said that it failed. */
async function lookAgain(run: Run, lost: LostCreation): Promise<Search & { readonly isWhole: boolean }> {
  const { clock } = run;
  const { status } = lost.error;
  const until = clock.monotonic() + patienceMs;
  for (let pause = firstPauseMs; ; pause *= 2) {
    const listing = await listToTheEnd(run);
    const found = lookIn(run, lost, listing);
    if (found.strangers.length > 0 || !isOver(status) || clock.monotonic() + pause > until) {
      return { ...found, isWhole: listing.rejected.length === 0 };
    }
    await clock.sleep(pause);
  }
}

function lookIn(run: Run, lost: LostCreation, listing: Listing): Search {
  const { wanted, known, facts } = lost;
  if (facts !== undefined) return findOrphan(run, facts, listing);
  const strangers =
    known === undefined
      ? madeSince(run, lost, listing)
      : named(listing, wanted.name).filter(({ id }) => !known.credentials.some((before) => before.id === id));
  return { strangers, orphan: undefined };
}

/** Credentials of the name that came to be since the request left, by the server's own clock where it told it. */
function madeSince({ clock }: Run, { wanted, error }: LostCreation, listing: Listing): readonly Credential[] {
  const elapsed = Math.max(0, clock.now() - error.sentAt);
  const { serverTime } = listing;
  const since = serverTime === undefined ? error.sentAt - blindToleranceMs : serverTime - elapsed - toleranceMs;
  return named(listing, wanted.name).filter(
    ({ lastUpdateTimestamp: made }) => made === undefined || made >= BigInt(Math.floor(since)),
  );
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
  const id = error.keyId;
  const hints =
    facts === undefined && id !== undefined
      ? [`Delete ${theCredential(words, id)} unless you know who made it: ${deleteCommand(words, id)}`]
      : facts === undefined
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
