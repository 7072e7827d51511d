import { StsError } from '../errors.ts';
import type { Target } from './find.ts';
import { refuseOtherName, refuseOtherServer, refuseOtherTarget } from './foreign.ts';
import { deliveredRecord } from './issue.ts';
import { findLateOrphan } from './late.ts';
import type { Journal } from './ports.ts';
import type { DeliveredRecord, Facts, JournalRecord } from './record.ts';
import { changedSince, holdsNew, retire } from './retire.ts';
import { dropQuietly, listAll, type Run } from './run.ts';
import { deleteForSure, isNeeded } from './undo.ts';
import { capital, deleteCommand, rotateCommand, theCredential } from './words.ts';

/** What the command that found the journal was asked to do. */
export interface Request {
  readonly target: Target;
  readonly verify: boolean;
  readonly deleteOld: boolean;
  /** How long the old credential is kept after the delivery, in milliseconds. */
  readonly afterMs: number;
  /** Whether a later run deletes an old credential that must still be kept for a while. */
  readonly noWait: boolean;
}

export type Recovery =
  | { readonly outcome: 'nothing' }
  /** The credential of the earlier run was deleted. The destination is as it was before. */
  | { readonly outcome: 'undone' }
  /** The destination holds the credential of the earlier run. */
  | { readonly outcome: 'finished'; readonly record: DeliveredRecord; readonly fate: 'kept' | 'deleted' }
  /** The same, but a later run deletes the old credential. */
  | { readonly outcome: 'waiting'; readonly record: DeliveredRecord };

/**
 * Completes an interrupted run for a destination. A run that had not delivered its credential is undone; a run that had is finished. Every
 * step can be repeated, so this function may itself be interrupted anywhere. The destination must be open.
 * @throws UsageError (exit 3) when the earlier run is about another server, kind or name, or when it is not clear which credential it
 * created; DeliveryError (exit 6) when the destination was changed after the delivery; what `settle` and `retire` throw.
 */
export async function recover(caller: Run, request: Request): Promise<Recovery> {
  const { journal } = caller.destination;
  const found = await journal?.read();
  if (journal === undefined || found === undefined) return { outcome: 'nothing' };
  const run = await withOldKindOf(found, caller);
  refuseOtherServer(run, found);
  // The list also tells the server's clock, which the times in the journal refer to.
  refuseOtherTarget(run, found, request.target, await listAll(run, run.oldKind));
  // Once this is written, a run that still believes it owns the journal fails at its next step.
  const record = { ...found, run: run.id, ...allConsumers(run, found) };
  await journal.write(record);
  switch (record.stage) {
    case 'creating':
      return undone(run, journal, record, (await findLateOrphan(run, record))?.id);
    case 'created':
      return fromCreated(run, journal, record, request);
    case 'delivered':
      return finish(run, journal, record, request);
  }
}

/** The consumers of the earlier run and those of this one. */
function allConsumers({ destination }: Run, { consumers = [] }: Facts): Pick<Facts, 'consumers'> {
  const all = new Set([...consumers, ...(destination.consumers ?? [])]);
  return all.size === 0 ? {} : { consumers: [...all] };
}

/** Adds the old kind, so that any later run for the new credential can finish an interrupted migration. */
async function withOldKindOf(record: JournalRecord, run: Run): Promise<Run> {
  const { kind, oldKind, kindNamed } = run;
  if (record.kind !== kind.words.command || record.oldKind === oldKind.words.command) return run;
  const named = await kindNamed?.(record.oldKind);
  return named === undefined ? run : { ...run, oldKind: named };
}

/**
 * Completes a rotation after the delivery: restarts the consumers, deletes the old credential once its time is over, and removes the
 * journal.
 * @param secret the new secret, where the destination cannot be read.
 * @returns whether the old credential was kept or deleted, or is left to a later run.
 * @throws NotReadyError (exit 13), and what `retire` throws. The journal then stays for the next run.
 */
export async function conclude(
  run: Run,
  delivered: DeliveredRecord,
  { verify, noWait }: Pick<Request, 'verify' | 'noWait'>,
  secret?: string,
): Promise<'kept' | 'deleted' | 'later'> {
  const { destination, serverClock } = run;
  const { journal } = destination;
  const record = await settle(run, delivered);
  const { old, newId, digest, deleteOld, afterMs } = record;
  if (old === undefined || !deleteOld) {
    await dropQuietly(run, journal);
    return 'kept';
  }
  const remainingMs = Math.min(Math.max(0, record.deleteAt - serverClock.exact()), afterMs);
  if (noWait && journal !== undefined && remainingMs > 0) return 'later';
  const facts = journal === undefined ? undefined : record;
  await retire(run, { old, newId, remainingMs, digest, secret, verify, facts });
  await dropQuietly(run, journal);
  return 'deleted';
}

/** Brings the secret to its consumers, once. The time for which the old credential is kept begins when they have it. */
async function settle(run: Run, record: DeliveredRecord): Promise<DeliveredRecord> {
  const { destination, oldKind, serverClock } = run;
  if (record.settled) return record;
  try {
    await destination.settle?.(record.newId, record.consumers ?? []);
    const settled = { ...record, settled: true, deleteAt: Math.ceil(serverClock.exact()) + record.afterMs };
    await destination.journal?.write(settled);
    return settled;
  } catch (error) {
    if (!(error instanceof StsError)) throw error;
    const { old } = record;
    const both =
      old === undefined
        ? `${capital(destination.description)} holds the new one.`
        : `${capital(destination.description)} holds the new one; the old ${oldKind.words.short} ${old.id} was not deleted.`;
    const again = rotateCommand(run, old?.name ?? record.wanted.name);
    throw error.because(both, { hints: [...error.hints, `Run this command to continue from here: ${again}`] });
  }
}

/** Continues from the stage `created`: the credential exists and may have reached the destination. */
async function fromCreated(
  run: Run,
  journal: Journal,
  record: JournalRecord & { readonly stage: 'created' },
  request: Request,
): Promise<Recovery> {
  const { secret, stage: _, ...facts } = record;
  const issued = { ...facts.wanted, ...(facts.newId === undefined ? {} : { id: facts.newId }), secret };
  const delivered = await deliveredRecord(run, facts, issued);
  if ((await run.destination.current()) === secret) {
    await journal.write(delivered);
    return finish(run, journal, delivered, request);
  }
  if (facts.old === undefined || !(await isNeeded(run, facts, secret))) {
    return undone(run, journal, facts, facts.newId ?? (await findLateOrphan(run, facts))?.id);
  }
  await run.destination.prove();
  await run.destination.deliver(issued, delivered);
  await run.report({ kind: 'rescued', newId: facts.newId });
  return finish(run, journal, delivered, request);
}

/** Deletes a credential that the destination never held, and removes the journal. */
async function undone(run: Run, journal: Journal, facts: Facts, deletedId: bigint | undefined): Promise<Recovery> {
  const { kind, destination, report } = run;
  if (deletedId !== undefined) {
    await refuseOtherName(run, deletedId, facts.wanted.name);
    await journal.confirm();
    await deleteForSure(run, deletedId).catch((error: unknown) => {
      if (!(error instanceof StsError)) throw error;
      const the = theCredential(kind.words, deletedId);
      throw error.because(
        `An earlier run for ${destination.description} was interrupted, and ${the}, which nobody holds, was not deleted.`,
        {
          hints: [
            'Run the same command again to retry the deletion.',
            `Or delete it: ${deleteCommand(kind.words, deletedId)}`,
            ...error.hints,
          ],
        },
      );
    });
  }
  await report({ kind: 'undone', deletedId });
  await dropQuietly(run, journal);
  return { outcome: 'undone' };
}

async function finish(run: Run, journal: Journal, record: DeliveredRecord, request: Request): Promise<Recovery> {
  const { destination, serverClock, report } = run;
  if (!(await holdsNew(destination, record.digest))) {
    await dropQuietly(run, journal);
    if (record.deleteOld && record.old !== undefined) throw changedSince(run, record.newId, record.old);
    return { outcome: 'nothing' };
  }
  const { old, newId } = record;
  if (old !== undefined && record.deleteOld) await refuseOtherName(run, old.id, old.name, run.oldKind);
  const afterMs = patienceOf(record, request);
  const deleteAt = Math.min(record.deleteAt, Math.ceil(serverClock.exact()) + afterMs);
  const hurried = { ...record, afterMs, deleteAt };
  if (deleteAt !== record.deleteAt) await journal.write(hurried);
  const fate = await conclude(run, hurried, request);
  if (fate === 'later') return { outcome: 'waiting', record: hurried };
  await report({
    kind: 'finished',
    newId,
    old,
    oldWords: run.oldKind.words,
    deleted: fate === 'deleted',
    asPlanned: record.noWait === true,
  });
  return { outcome: 'finished', record: hurried, fate };
}

/**
 * How long to keep the old credential at most, in milliseconds. A shorter `--after` of this run counts; a longer one does not extend the
 * time that the earlier run had set.
 */
function patienceOf(record: DeliveredRecord, { deleteOld, afterMs }: Request): number {
  return deleteOld ? Math.min(record.afterMs, afterMs) : record.afterMs;
}
