import { UsageError } from '../errors.ts';
import type { RotationContext, RotationPlan } from './context.ts';
import { fingerprintOf, isHeld, notHeldAnyMore } from './held.ts';
import { type Journal, type JournalFacts, pendingPath, readJournal, removeJournal, writeJournal } from './journal.ts';
import { findLateOrphan } from './orphan.ts';
import { retireKey } from './retire.ts';
import { deleteIfThere } from './undo.ts';
import { deleteCommand } from './words.ts';

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
      const digest = await fingerprintOf(document);
      if (!(await isHeld(path, digest))) return undo(context, path, journal.newId);
      return finish(context, path, await markDelivered(context, path, facts, digest), plan);
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
    await removeJournal(path, context.step);
    throw notHeldAnyMore(path, delivered);
  };
  await retireKey(context, { oldId, deleteAt, holder: path, resumable: true, confirm });
}

/** Deletes a key that the key file never held, and the journal with it. */
async function undo({ api, report, step }: RotationContext, path: string, deletedId: bigint | undefined): Promise<Recovery> {
  if (deletedId !== undefined) await deleteIfThere(api, deletedId, step);
  await removeJournal(path, step);
  await report({ kind: 'undone', deletedId });
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
  await removeJournal(path, context.step);
  await context.report({ kind: 'finished', newId, oldId, deleted: deleteOld });
  return { outcome: 'finished', journal };
}

function ofAnotherServer(path: string, journal: Journal, server: string): UsageError {
  const made = 'newId' in journal ? ` if nobody uses it: ${deleteCommand(journal.newId)}` : ' that it may have made';
  return new UsageError(`A rotation of ${path} with ${journal.server} was broken off, and this command is about ${server}.`, {
    hints: [
      'Finish it first: run the rotation with the URL and API path (--url, STS_CLI_API_PATH, the context) it was begun with.',
      `If that server is gone for good, forget the rotation: rm ${pendingPath(path)}`,
      `Where it lives on under another URL, first delete the key${made}`,
    ],
  });
}
