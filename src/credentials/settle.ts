import { type OutcomeUnknownError, ServerError, StsError } from '../errors.ts';
import { findOrphan, type Search, undecided } from './late.ts';
import type { Credential, Listing, NewCredential } from './ports.ts';
import type { Facts } from './record.ts';
import { dropQuietly, listToTheEnd, named, type Run } from './run.ts';
import { deleteForSure } from './undo.ts';
import { capital, deleteCommand, listCommand, theCredential } from './words.ts';

/**
 * How long to keep looking at the list after the server said that it failed, in milliseconds. Some servers list a new credential only after
 * a while.
 */
const patienceMs = 4000;
const firstPauseMs = 250;
/** How far two clocks of the platform may differ, in milliseconds: the one that dates credentials and the one in the `Date` header. */
const toleranceMs = 10_000;
/** The same if the server sends no time and the clock of this machine is used instead, in milliseconds. */
const blindToleranceMs = 5 * 60 * 1000;
/** The statuses of a gateway that gave up on the server or lost the connection to it. The server may still be processing the request. */
const stillWorking = new Set([502, 503, 504]);
/** The name is taken: by somebody else's credential, or by the one that this request created before a proxy sent it a second time. */
const conflict = 409;

/** Whether the server itself said that it failed. Then the request has no further effect after a while. */
function isOver(status: number | undefined): boolean {
  return status !== undefined && status >= 500 && !stillWorking.has(status);
}

export interface LostCreation {
  readonly wanted: NewCredential;
  /** The credentials that existed before. If undefined, the times of the credentials have to tell which are new. */
  readonly known: Listing | undefined;
  /** Undefined if no journal is kept. Then only a credential that the response itself names is deleted. */
  readonly facts: Facts | undefined;
  readonly error: OutcomeUnknownError;
}

/**
 * Finds out what became of a creation whose response was lost. A credential that it certainly created is deleted. Credentials that it may
 * have created are named.
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
  // A 409 is a definite response. One look at the list tells what the conflict is about.
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

/** Deletes the new credential by its id, because its secret is lost. */
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

/** Whether an id in a response can belong to the new credential. If the earlier list is not known, the time of the credential tells. */
async function isNew(run: Run, lost: LostCreation, id: bigint): Promise<boolean> {
  // `createOnce` has already rejected an id that existed before.
  if (lost.known !== undefined) return true;
  return madeSince(run, lost, await listToTheEnd(run)).some((credential) => credential.id === id);
}

/** Whether it is certain that no other run has taken over. Otherwise a new credential in the list may be that of the other run. */
async function isStillOurs({ destination }: Run): Promise<boolean> {
  try {
    await destination.journal?.confirm();
    return true;
  } catch (error) {
    if (error instanceof StsError) return false;
    throw error;
  }
}

/** Looks at the list, and repeatedly if the server said that it failed. */
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

/** Credentials with the name that were created after the request was sent, by the server's clock if it is known. */
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
      ({ id }) => `Delete ${theCredential(words, id)} unless you know who created it: ${deleteCommand(words, id)}`,
    ),
  });
}

function unsettled({ kind }: Run, { error, facts }: LostCreation, what: string): StsError {
  const { words } = kind;
  const id = error.keyId;
  const hints =
    facts === undefined && id !== undefined
      ? [`Delete ${theCredential(words, id)} unless you know who created it: ${deleteCommand(words, id)}`]
      : facts === undefined
        ? [`Check in a minute whether it exists: ${listCommand(words)}`, `Delete it if so: sts ${words.command} delete --id ID`]
        : ['Run the same command again: it first looks for it and deletes it.'];
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
