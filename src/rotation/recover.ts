import { readFile } from 'node:fs/promises';
import type { IngestionApiKey, KeyListing } from '../api/model.ts';
import { effect, systemCode } from '../delivery/effects.ts';
import { FileReadError, UsageError } from '../errors.ts';
import type { RotationContext, RotationPlan } from './context.ts';
import { type Journal, type JournalFacts, pendingPath, readJournal, removeJournal, writeJournal } from './journal.ts';
import { retireKey } from './retire.ts';
import { deleteIfThere } from './undo.ts';
import { deleteCommand } from './words.ts';

export type Recovery =
  | { readonly outcome: 'nothing' }
  /** What the rotation had made is gone, the key file is as it was before. */
  | { readonly outcome: 'undone' }
  /** The key file holds the key `journal.newId`. */
  | { readonly outcome: 'finished'; readonly journal: Journal & { readonly stage: 'delivered' } };

interface Search {
  readonly orphan: bigint | undefined;
  /** The server's clock, milliseconds since the epoch. */
  readonly serverTime: number | undefined;
}

/** How far the clock of the server that made a key may be from the clock of the one that answered before. */
const skewMs = 5 * 60 * 1000;
/** A creation that took longer than this after it was sent is not looked for. */
const longestCreationMs = 10 * 60 * 1000;
/** How long after it was sent a creation may take effect though its sender is gone. */
const onItsWayMs = 2000;
const askAgainMs = 400;

/**
 * Brings a broken-off rotation of a key file to its end: one that had not put its key into the file is undone, one that had is
 * finished. Each step can be repeated, so this may itself be broken off anywhere.
 * @param path absolute path of the key file, locked.
 * @param plan of the rotation that follows: it may ask for the old key's end sooner.
 * @throws UsageError (exit 3) when the rotation ran against another server, or several keys may be the one it made.
 */
export async function recoverRotation(
  context: RotationContext,
  path: string,
  server: string,
  plan: Pick<RotationPlan, 'deleteOld' | 'afterMs'>,
): Promise<Recovery> {
  const journal = await readJournal(path);
  if (journal === undefined) return { outcome: 'nothing' };
  if (journal.server !== server) {
    throw new UsageError(`A rotation of ${path} with ${journal.server} was broken off, and this command is about ${server}.`, {
      hints: [`Finish it first: run the rotation with --url ${journal.server}`],
    });
  }
  switch (journal.stage) {
    case 'creating':
      return undo(context, path, await findLateOrphan(context, path, journal));
    case 'created':
      if (!(await holds(path, journal.document))) return undo(context, path, journal.newId);
      return finish(context, path, await markDelivered(context, path, journal), plan);
    case 'delivered':
      return finish(context, path, journal, plan);
  }
}

/** Notes that the key file holds the new key; the secret leaves the journal. */
export async function markDelivered(
  { now, step }: RotationContext,
  path: string,
  journal: JournalFacts & { readonly newId: bigint },
): Promise<Journal & { readonly stage: 'delivered' }> {
  const { server, wanted, startedAt, before, oldId, oldName, deleteOld, afterMs, newId } = journal;
  const facts = { server, wanted, startedAt, before, oldId, oldName, deleteOld, afterMs };
  const delivered = { ...facts, newId, stage: 'delivered', deleteAt: now() + afterMs } as const;
  await writeJournal(path, delivered, step);
  return delivered;
}

/** Deletes a key that the key file never held, and the journal with it. */
export async function undo(
  { api, report, step }: RotationContext,
  path: string,
  deletedId: bigint | undefined,
): Promise<Recovery> {
  if (deletedId !== undefined) await deleteIfThere(api, deletedId, step);
  await removeJournal(path, step);
  await report({ kind: 'undone', deletedId });
  return { outcome: 'undone' };
}

async function finish(
  context: RotationContext,
  path: string,
  journal: Journal & { readonly stage: 'delivered' },
  plan: Pick<RotationPlan, 'deleteOld' | 'afterMs'>,
): Promise<Recovery> {
  const { oldId, newId, deleteOld } = journal;
  // Who asks again may be in more of a hurry than the rotation that was broken off; its time is never made longer.
  const deleteAt = plan.deleteOld ? Math.min(journal.deleteAt, context.now() + plan.afterMs) : journal.deleteAt;
  if (deleteOld) await retireKey(context, { oldId, deleteAt, holder: path, resumable: true });
  await removeJournal(path, context.step);
  await context.report({ kind: 'finished', newId, oldId, deleted: deleteOld });
  return { outcome: 'finished', journal };
}

/** As findOrphan(), with patience: the request of a process that was killed a moment ago may still be on its way. */
async function findLateOrphan(context: RotationContext, path: string, journal: JournalFacts): Promise<bigint | undefined> {
  const until = context.now() + onItsWayMs;
  for (;;) {
    const { orphan, serverTime = context.now() } = await lookForOrphan(context, path, journal);
    if (orphan !== undefined || serverTime - journal.startedAt >= onItsWayMs || context.now() >= until) return orphan;
    await context.sleep(askAgainMs, context.interrupt);
  }
}

/**
 * The key that a creation made whose answer nobody kept: `GET /security/ingestion/api_keys`, compared with what was there before.
 * @returns its id; undefined when there is none.
 */
export async function findOrphan(context: RotationContext, path: string, journal: JournalFacts): Promise<bigint | undefined> {
  return (await lookForOrphan(context, path, journal)).orphan;
}

async function lookForOrphan(context: RotationContext, path: string, journal: JournalFacts): Promise<Search> {
  const { api, interrupt, step, waiting } = context;
  const listing = await waiting('Listing keys', () => effect(step, 'list keys', () => api.listKeys({ signal: interrupt })));
  const { serverTime } = listing;
  const found = (key: IngestionApiKey | undefined): Search => ({ orphan: key?.id, serverTime });
  const candidates = madeBy(journal, listing);
  if (candidates.length <= 1) return found(candidates[0]);
  const { description, expiration } = journal.wanted;
  const exact = candidates.filter((key) => (key.description ?? '') === (description ?? '') && key.expiration === expiration);
  if (exact.length === 1) return found(exact[0]);
  throw new UsageError(
    `A rotation of ${path} was broken off while it created a key, and ${candidates.length} keys of that name may be the one.`,
    {
      hints: [
        ...candidates.map(({ id }) => `Delete the key ${id} if nobody uses it: ${deleteCommand(id)}`),
        `Then remove the rotation's journal: rm ${pendingPath(path)}`,
      ],
    },
  );
}

function madeBy({ wanted, before, startedAt }: JournalFacts, { keys }: KeyListing): readonly IngestionApiKey[] {
  const from = BigInt(Math.floor(startedAt - skewMs));
  const until = BigInt(Math.ceil(startedAt + longestCreationMs));
  return keys.filter(
    ({ id, name, lastUpdateTimestamp: made }) => name === wanted.name && !before.includes(id) && made >= from && made <= until,
  );
}

/** Whether the key file is this document, byte for byte. */
async function holds(path: string, document: string): Promise<boolean> {
  try {
    return (await readFile(path)).equals(Buffer.from(document, 'utf8'));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw new FileReadError(
      `The key file ${path} cannot be read (${systemCode(error) ?? 'unknown trouble'}), and a rotation of it was broken off.`,
      { hints: ['Make it readable, then rotate again.'], cause: error },
    );
  }
}
