import { StsError, UsageError } from '../errors.ts';
import type { RotationContext, RotationPlan } from './context.ts';
import { fingerprintOf, holdsKeyOf, isHeld, notHeldAnyMore } from './held.ts';
import { dropJournal, type Journal, type JournalFacts, pendingPath, readJournal, writeJournal } from './journal.ts';
import { findLateOrphan } from './orphan.ts';
import { retireKey } from './retire.ts';
import { deleteIfThere } from './undo.ts';
import { deleteCommand, shellWord } from './words.ts';

type Delivered = Journal & { readonly stage: 'delivered' };

export type Recovery =
  | { readonly outcome: 'nothing' }
  /** What the rotation had made is gone, the key file is as it was before. */
  | { readonly outcome: 'undone' }
  /** The key file holds the key `journal.newId`. */
  | { readonly outcome: 'finished'; readonly journal: Delivered };

/**
 * Brings a broken-off rotation of a key file to its end: one that had not put its key into the file is undone, one that had is
 * finished. Each step can be repeated, so this may itself be broken off anywhere.
 * @param path absolute path of the key file, locked.
 * @param server URL of the API that the command is about.
 * @param plan of the rotation that follows: it may ask for the old key's end sooner.
 * @throws UsageError (exit 3) when the rotation ran against another server, or it cannot be told which key it made; DeliveryError (exit 6)
 * when the key file was changed after the delivery.
 */
export async function recoverRotation(
  context: RotationContext,
  path: string,
  server: string,
  plan: Pick<RotationPlan, 'deleteOld' | 'afterMs'>,
): Promise<Recovery> {
  const journal = await readJournal(path);
  if (journal === undefined) return { outcome: 'nothing' };
  if (journal.server !== server) throw ofAnotherServer(path, journal, server);
  switch (journal.stage) {
    case 'creating':
      return undo(context, path, await findLateOrphan(context, path, journal));
    case 'created': {
      const { document, ...facts } = journal;
      if (!(await holdsKeyOf(path, document))) return undo(context, path, journal.newId);
      return finish(context, path, await markDelivered(context, path, facts, await fingerprintOf(document)), plan);
    }
    case 'delivered':
      return finish(context, path, journal, plan);
  }
}

/**
 * Notes that the key file holds the new key; the secret leaves the journal.
 * @param digest fingerprint of the key.
 */
export async function markDelivered(
  { now, step }: RotationContext,
  path: string,
  journal: JournalFacts & { readonly newId: bigint },
  digest: string,
): Promise<Delivered> {
  const delivered = { ...journal, stage: 'delivered', digest, deleteAt: now() + journal.afterMs } as const;
  await writeJournal(path, delivered, step);
  return delivered;
}

/**
 * Deletes the old key once its time has come, if the key file still holds the new one.
 * @throws DeliveryError (exit 6) when it does not; the rotation is over then, and both keys live.
 */
export async function retireDelivered(
  context: RotationContext,
  path: string,
  delivered: { readonly oldId: bigint; readonly newId: bigint; readonly deleteAt: number; readonly digest: string },
): Promise<void> {
  const { oldId, deleteAt, digest } = delivered;
  const confirm = async () => {
    if (await isHeld(path, digest)) return;
    await dropJournal(context, path);
    throw notHeldAnyMore(path, delivered);
  };
  await retireKey(context, { oldId, deleteAt, holder: path, resumable: true, confirm });
}

/** Deletes a key that the key file never held, and the journal with it. */
async function undo(context: RotationContext, path: string, deletedId: bigint | undefined): Promise<Recovery> {
  const { api, report, step } = context;
  if (deletedId !== undefined) {
    await deleteIfThere(api, deletedId, step).catch((error: unknown) => {
      throw error instanceof StsError ? notUndone(path, deletedId, error) : error;
    });
  }
  await report({ kind: 'undone', deletedId });
  await dropJournal(context, path);
  return { outcome: 'undone' };
}

async function finish(
  context: RotationContext,
  path: string,
  journal: Delivered,
  plan: Pick<RotationPlan, 'deleteOld' | 'afterMs'>,
): Promise<Recovery> {
  const { oldId, newId, deleteOld } = journal;
  // Who asks again may be in more of a hurry than the rotation that was broken off; its time is never made longer.
  const deleteAt = plan.deleteOld ? Math.min(journal.deleteAt, context.now() + plan.afterMs) : journal.deleteAt;
  if (deleteOld) await retireDelivered(context, path, { ...journal, deleteAt });
  await context.report({ kind: 'finished', newId, oldId, deleted: deleteOld });
  await dropJournal(context, path);
  return { outcome: 'finished', journal };
}

function notUndone(path: string, id: bigint, error: StsError): StsError {
  return new StsError(
    error.exitCode,
    `An earlier rotation of ${path} was broken off, and its key ${id}, which nobody holds, could not be deleted. ${error.message}`,
    { hints: ['Rotate again: that tries it again.', `Or delete it: ${deleteCommand(id)}`, ...error.hints], cause: error },
  );
}

function ofAnotherServer(path: string, journal: Journal, server: string): UsageError {
  const made = 'newId' in journal ? ` if nobody uses it: ${deleteCommand(journal.newId)}` : ' that it may have made';
  return new UsageError(`A rotation of ${path} with ${journal.server} was broken off, and this command is about ${server}.`, {
    hints: [
      'Finish it first: run the rotation with the URL and API path (--url, STS_CLI_API_PATH, the context) it was begun with.',
      `If that server is gone for good, forget the rotation: rm ${shellWord(pendingPath(path))}`,
      `Where it lives on under another URL, first delete the key${made}`,
    ],
  });
}
