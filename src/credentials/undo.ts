import { DeliveryUnknownError, ExitCode, JournalLostError, NotFoundError, ServerError, StsError } from '../errors.ts';
import type { CredentialKind, Issued } from './ports.ts';
import type { Facts } from './record.ts';
import { dropQuietly, listToTheEnd, type Run } from './run.ts';
import { ask } from './verify.ts';
import { capital, deleteCommand, listCommand, rotateCommand, theCredential, theNew } from './words.ts';

/**
 * The pauses before each further look at the list after a deletion, in milliseconds. Some servers list a deleted credential for a while.
 */
const pausesMs = [250, 500, 1000];

/** Deletes a credential. It is not a failure if the credential is already gone. */
export async function deleteIfThere(kind: CredentialKind, id: bigint): Promise<void> {
  try {
    await kind.delete(id);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}

/**
 * Deletes a credential that nobody holds, and checks in the list that it is gone.
 * @throws the error of the deletion; ServerError (exit 2) when the server confirms the deletion but still lists the credential.
 */
export async function deleteForSure(run: Run, id: bigint): Promise<void> {
  await deleteIfThere(run.kind, id);
  for (const pause of [...pausesMs, undefined]) {
    const listing = await listToTheEnd(run).catch((error: unknown) => {
      // The server has confirmed the deletion. A list that cannot be read does not change that.
      if (!(error instanceof StsError)) throw error;
    });
    if (listing?.credentials.some((row) => row.id === id) !== true) return;
    if (pause !== undefined) await run.clock.sleep(pause);
  }
  throw new ServerError(`The server confirmed the deletion of ${theCredential(run.kind.words, id)}, but still lists it.`);
}

/**
 * Undoes the creation of a credential that did not reach its destination: deletes it and removes the journal.
 * @param error why the credential was not delivered.
 * @param facts undefined where no journal is kept.
 * @returns the error to throw: the given one, extended by what became of the credential.
 */
export async function undo(run: Run, issued: Issued, error: unknown, facts: Facts | undefined): Promise<unknown> {
  const { kind, destination } = run;
  const journal = facts === undefined ? undefined : destination.journal;
  // After a defect of the program, nothing more is tried here: the next run settles the matter from the journal.
  if (!(error instanceof StsError) && journal !== undefined) return error;
  const failure = error instanceof StsError ? error : new StsError(ExitCode.delivery, String(error), { cause: error });
  if (failure instanceof DeliveryUnknownError) return failure;
  if (failure instanceof JournalLostError && (await mayHold(run, issued))) return deliveredLate(run, issued, failure);
  if (facts?.old !== undefined && journal?.keepsSecrets && (await isNeeded(run, facts, issued.secret))) {
    return failure.because(
      `The old ${run.oldKind.words.short} ${facts.old.id} no longer works either, so the new one is kept in ${journal.place}.`,
      { hints: [`Deliver it: ${rotateCommand(run, facts.old.name)}`, ...failure.hints] },
    );
  }
  if (issued.id === undefined) return unidentified(run, issued, failure, facts);
  try {
    await deleteForSure(run, issued.id);
  } catch (trouble) {
    if (!(trouble instanceof StsError)) throw trouble;
    const retry = journal === undefined ? [] : ['Or run the same command again: it deletes this one first.'];
    return failure.because(
      `${capital(theNew(kind.words, issued.id))} could not be deleted again, and nobody holds it. ${trouble.message}`,
      { hints: [`Delete it: ${deleteCommand(kind.words, issued.id)}`, ...retry, ...failure.hints] },
    );
  }
  await dropQuietly(run, journal);
  const untouched = facts?.old === undefined ? '' : ` The old ${run.oldKind.words.short} is untouched.`;
  return failure.because(`The new ${kind.words.short} was deleted again.${untouched}`);
}

/** Another run has taken over, but the destination holds this run's secret. The other run may have deleted the credential before. */
async function deliveredLate({ kind, destination }: Run, { id, secret }: Issued, failure: StsError): Promise<StsError> {
  const held = `${capital(theNew(kind.words, id))} is in ${destination.description}`;
  const verdict = await ask(kind, secret).catch((error: unknown) => {
    if (!(error instanceof StsError)) throw error;
  });
  if (verdict !== 'invalid') return failure.because(`${held}; nothing was deleted.`);
  return failure.because(`${held}, and the server refuses it: the other run has deleted it.`, {
    hints: [`Run the same command again to deliver one that works.`, ...failure.hints],
  });
}

/** The error for a credential that nobody holds and whose id is not known for sure. */
function unidentified({ kind }: Run, { candidates = [] }: Issued, failure: StsError, facts: Facts | undefined): StsError {
  const { words } = kind;
  const [only] = candidates;
  const why =
    only === undefined
      ? 'its id is not known'
      : candidates.length === 1
        ? `it may be ${theCredential(words, only)}, or another run has made that one`
        : `it is one of the ${words.short}s ${candidates.join(', ')}`;
  const remedies =
    only === undefined
      ? [`Find it and delete it: ${listCommand(words)}`]
      : candidates.map((id) => `Delete ${theCredential(words, id)} if nobody uses it: ${deleteCommand(words, id)}`);
  const retry =
    facts === undefined ? [] : ['Or run the same command again: it looks for it, and deletes it if it is clear which one it is.'];
  return failure.because(`The new ${words.short} could not be deleted again: ${why}.`, {
    hints: [...remedies, ...retry, ...failure.hints],
  });
}

/** Whether a destination may hold a secret. Also true if the destination cannot be read. */
async function mayHold({ destination }: Run, { secret }: Issued): Promise<boolean> {
  try {
    return (await destination.current()) === secret;
  } catch (error) {
    if (error instanceof StsError) return true;
    throw error;
  }
}

/** Whether an undelivered secret is the only one that works, for example because somebody deleted the old credential in the meantime. */
export async function isNeeded(run: Run, facts: Facts, secret: string): Promise<boolean> {
  try {
    return (await oldIsDead(run, facts)) && (await ask(run.kind, secret)) !== 'invalid';
  } catch (error) {
    // If that cannot be found out, the undelivered credential counts as not needed and is deleted, as promised.
    if (error instanceof StsError) return false;
    throw error;
  }
}

/** Whether the server refuses the secret that the destination holds. If the server cannot tell, whether the old credential is gone. */
async function oldIsDead(run: Run, { old }: Facts): Promise<boolean> {
  const { destination, oldKind } = run;
  if (old === undefined) return false;
  const held = await destination.current();
  const verdict = held === undefined ? 'unverifiable' : await ask(oldKind, held);
  if (verdict !== 'unverifiable') return verdict === 'invalid';
  const listing = await listToTheEnd(run, oldKind);
  return listing.rejected.length === 0 && !listing.credentials.some(({ id }) => id === old.id);
}
