import { DeliveryUnknownError, ExitCode, JournalLostError, NotFoundError, StsError } from '../errors.ts';
import type { CredentialKind, Issued } from './ports.ts';
import type { Facts } from './record.ts';
import { dropQuietly, listToTheEnd, type Run } from './run.ts';
import { capital, deleteCommand, listCommand, rotateCommand, theCredential, theNew } from './words.ts';

/** Deletes a credential; one that is gone already is no failure. */
export async function deleteIfThere(kind: CredentialKind, id: bigint): Promise<void> {
  try {
    await kind.delete(id);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}

/**
 * Takes back a credential that did not reach its destination: it is deleted, and the journal goes.
 * @param error why it did not get there.
 * @param facts undefined where no journal is kept.
 * @returns the error to throw: the given one, with what became of the credential.
 */
export async function undo(run: Run, issued: Issued, error: unknown, facts: Facts | undefined): Promise<unknown> {
  const { kind, destination } = run;
  const journal = facts === undefined ? undefined : destination.journal;
  // With a journal the next run settles what a defect of the program has left.
  if (!(error instanceof StsError) && journal !== undefined) return error;
  const failure = error instanceof StsError ? error : new StsError(ExitCode.delivery, String(error), { cause: error });
  if (failure instanceof DeliveryUnknownError) return failure;
  if (failure instanceof JournalLostError && (await holds(run, issued))) {
    return failure.because(`${capital(theNew(kind.words, issued.id))} is in ${destination.description}; nothing was deleted.`);
  }
  if (facts?.old !== undefined && journal?.keepsSecrets && (await oldIsDead(run, facts))) {
    return failure.because(
      `The old ${run.oldKind.words.short} ${facts.old.id} no longer works either, so the new one is kept in ${journal.place}.`,
      { hints: [`Deliver it by rotating again: ${rotateCommand(kind, facts.old.name, destination)}`, ...failure.hints] },
    );
  }
  if (issued.id === undefined) {
    return failure.because(`The new ${kind.words.short} could not be deleted again: its id is not known.`, {
      hints: [`Find it and delete it: ${listCommand(kind.words)}`, ...failure.hints],
    });
  }
  const trouble = await deletionTrouble(run, issued.id);
  if (trouble === undefined) {
    // A journal that another run has taken over is that run's to remove.
    if (!(failure instanceof JournalLostError)) await dropQuietly(run, journal);
    const untouched = facts?.old === undefined ? '' : ` The old ${run.oldKind.words.short} is untouched.`;
    return failure.because(`The new ${kind.words.short} was deleted again.${untouched}`);
  }
  const retry = journal === undefined ? [] : ['Or run the same command again: that deletes it first.'];
  return failure.because(
    `${capital(theNew(kind.words, issued.id))} could not be deleted again, and nobody holds it. ${trouble}`,
    {
      hints: [`Delete it: ${deleteCommand(kind.words, issued.id)}`, ...retry, ...failure.hints],
    },
  );
}

/** Deletes a credential and looks whether it is gone. @returns why it may still be there; undefined when it is gone. */
export async function deletionTrouble(run: Run, id: bigint): Promise<string | undefined> {
  const { kind } = run;
  try {
    await deleteIfThere(kind, id);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const listing = await listToTheEnd(run).catch(() => undefined);
  return listing?.credentials.some((row) => row.id === id)
    ? `The server confirmed the deletion of ${theCredential(kind.words, id)}, and lists it still.`
    : undefined;
}

async function holds({ destination }: Run, { secret }: Issued): Promise<boolean> {
  return (await destination.current().catch(() => undefined)) === secret;
}

/** Whether the old credential, which the destination still holds, has been deleted or is refused by now. */
export async function oldIsDead(run: Run, { old }: Pick<Facts, 'old'>): Promise<boolean> {
  const { destination, oldKind } = run;
  if (old === undefined) return false;
  try {
    const listing = await listToTheEnd(run, oldKind);
    if (listing.rejected.length === 0 && !listing.credentials.some(({ id }) => id === old.id)) return true;
    const held = await destination.current();
    return held !== undefined && (await oldKind.verify(held)) === 'invalid';
  } catch (error) {
    // What cannot be found out counts as alive: the undelivered one is then deleted, as promised.
    if (error instanceof StsError) return false;
    throw error;
  }
}
