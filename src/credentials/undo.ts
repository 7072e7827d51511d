import { DeliveryUnknownError, ExitCode, JournalLostError, NotFoundError, ServerError, StsError } from '../errors.ts';
import type { CredentialKind, Issued } from './ports.ts';
import type { Facts } from './record.ts';
import { dropQuietly, listToTheEnd, type Run } from './run.ts';
import { ask } from './verify.ts';
import { capital, deleteCommand, listCommand, rotateCommand, theCredential, theNew } from './words.ts';

/** How often the list is looked at after a deletion, with a pause before each further look: some show for a while what is gone. */
const pausesMs = [250, 500, 1000];

/** Deletes a credential; one that is gone already is no failure. */
export async function deleteIfThere(kind: CredentialKind, id: bigint): Promise<void> {
  try {
    await kind.delete(id);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}

/**
 * Deletes a credential that nobody holds, and looks whether it is gone.
 * @throws what keeps it from being deleted; ServerError (exit 2) when the server says that it is deleted and lists it still.
 */
export async function deleteForSure(run: Run, id: bigint): Promise<void> {
  await deleteIfThere(run.kind, id);
  for (const pause of [...pausesMs, undefined]) {
    const listing = await listToTheEnd(run).catch((error: unknown) => {
      // The server has confirmed the deletion: what keeps the list from being read changes nothing of that.
      if (!(error instanceof StsError)) throw error;
    });
    if (listing?.credentials.some((row) => row.id === id) !== true) return;
    if (pause !== undefined) await run.clock.sleep(pause);
  }
  throw new ServerError(`The server confirmed the deletion of ${theCredential(run.kind.words, id)}, and lists it still.`);
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
    const retry = journal === undefined ? [] : ['Or run the same command again: that deletes it first.'];
    return failure.because(
      `${capital(theNew(kind.words, issued.id))} could not be deleted again, and nobody holds it. ${trouble.message}`,
      { hints: [`Delete it: ${deleteCommand(kind.words, issued.id)}`, ...retry, ...failure.hints] },
    );
  }
  await dropQuietly(run, journal);
  const untouched = facts?.old === undefined ? '' : ` The old ${run.oldKind.words.short} is untouched.`;
  return failure.because(`The new ${kind.words.short} was deleted again.${untouched}`);
}

/** Another run has taken over, and the destination holds the new secret all the same: that run may have deleted the credential before. */
async function deliveredLate({ kind, destination }: Run, { id, secret }: Issued, failure: StsError): Promise<StsError> {
  const held = `${capital(theNew(kind.words, id))} is in ${destination.description}`;
  const verdict = await ask(kind, secret).catch((error: unknown) => {
    if (!(error instanceof StsError)) throw error;
  });
  if (verdict !== 'invalid') return failure.because(`${held}; nothing was deleted.`);
  return failure.because(`${held}, and the server refuses it: the other run has deleted it.`, {
    hints: [`Put one there that works: run the same command again.`, ...failure.hints],
  });
}

/** Nobody holds the credential, and it is not sure which one it is. */
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
    facts === undefined
      ? []
      : ['Or run the same command again: that looks for it and deletes it, if it can be told which one it is.'];
  return failure.because(`The new ${words.short} could not be deleted again: ${why}.`, {
    hints: [...remedies, ...retry, ...failure.hints],
  });
}

/** Whether a destination holds a secret. Where that cannot be told, it may. */
async function mayHold({ destination }: Run, { secret }: Issued): Promise<boolean> {
  try {
    return (await destination.current()) === secret;
  } catch (error) {
    if (error instanceof StsError) return true;
    throw error;
  }
}

/** Whether an undelivered secret is the only one that works: somebody deleted the old one in the meantime, say. */
export async function isNeeded(run: Run, facts: Facts, secret: string): Promise<boolean> {
  try {
    return (await oldIsDead(run, facts)) && (await ask(run.kind, secret)) !== 'invalid';
  } catch (error) {
    // What cannot be found out counts as not needed: the undelivered one is then deleted, as promised.
    if (error instanceof StsError) return false;
    throw error;
  }
}

/** Whether what the destination holds is refused; where the server cannot tell, whether the old credential is gone. */
async function oldIsDead(run: Run, { old }: Facts): Promise<boolean> {
  const { destination, oldKind } = run;
  if (old === undefined) return false;
  const held = await destination.current();
  const verdict = held === undefined ? 'unverifiable' : await ask(oldKind, held);
  if (verdict !== 'unverifiable') return verdict === 'invalid';
  const listing = await listToTheEnd(run, oldKind);
  return listing.rejected.length === 0 && !listing.credentials.some(({ id }) => id === old.id);
}
