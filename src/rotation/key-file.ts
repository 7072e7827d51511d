import type { IssuedIngestionApiKey } from '../api/model.ts';
import { sweepSiblings } from '../delivery/durable.ts';
import { effect } from '../delivery/effects.ts';
import type { KeyFileDestination } from '../delivery/file.ts';
import { OutcomeUnknownError, ServerError, StsError, UsageError } from '../errors.ts';
import type { RotationContext, RotationPlan, RotationResult, RotationTarget } from './context.ts';
import { createBesides } from './create.ts';
import { fingerprintOf } from './held.ts';
import { dropJournal, type JournalFacts, pendingPath, writeJournal } from './journal.ts';
import { lockKeyFile } from './lock.ts';
import { isOver } from './lost-answer.ts';
import { findOrphan } from './orphan.ts';
import { markDelivered, type Recovery, recoverRotation, retireDelivered } from './recover.ts';
import { depart, namesNewName, verify } from './rotate.ts';
import { deleteIfThere } from './undo.ts';
import { deleteCommand } from './words.ts';

/** Label of the temporary siblings of a key file that a rotation makes. */
export const rotationLabel = 'rotate';

export interface KeyFileRotation {
  /** Absolute path of the key file. */
  readonly path: string;
  /** The key file, labelled `rotationLabel`. */
  readonly destination: KeyFileDestination;
  /** The document for a key. */
  readonly render: (issued: IssuedIngestionApiKey) => string;
  /** URL of the API: a journal of another one's keys is left alone. */
  readonly server: string;
  /** How long a request may take, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Replaces a key by a new one that goes to a file. May be killed at any moment: the key file holds a key that works at all times, and
 * the next call finishes or undoes what was begun before it does its own work.
 *
 *     creating --answer--> created --rename--> delivered --old key deleted--> (no journal)
 *         |                   |
 *         +------ undone -----+--> (no journal)
 *
 * @throws DeliveryError (exit 6) when another process writes this file, or it cannot be written (the new key is then deleted again), or
 * somebody changes it before the old key's time has come (both keys live then).
 */
export async function rotateKeyFile(
  context: RotationContext,
  plan: RotationPlan,
  file: KeyFileRotation,
): Promise<RotationResult> {
  const { path, destination, server, timeoutMs } = file;
  const { interrupt, step } = context;
  interrupt.throwIfAborted();
  const lock = await lockKeyFile(path);
  try {
    const recovery = await recoverRotation(context, path, server, plan);
    await sweepSiblings(path, rotationLabel, step);
    await sweepSiblings(pendingPath(path), 'write', step);
    await destination.prove();
    const target = retarget(plan.target, recovery);
    const { old, known, ...departure } = await depart(context, { ...plan, target });
    const { deleteOld, afterMs } = plan;
    const facts: JournalFacts = { server, timeoutMs, ...departure, oldId: old.id, oldName: old.name, deleteOld, afterMs };
    const issued = await create(context, path, facts, known);
    await deliver(context, plan, file, facts, issued);
    if (deleteOld) await retire(context, path, { ...facts, newId: issued.id }, await fingerprintOf(file.render(issued)));
    await dropJournal(context, path);
    return { issued, old, deleted: deleteOld };
  } finally {
    await destination.abandon();
    await lock.release();
  }
}

/** The key meant by a command may have been replaced by the rotation that was just finished: then its successor is meant. */
function retarget(target: RotationTarget, recovery: Recovery): RotationTarget {
  if (recovery.outcome !== 'finished') return target;
  const { newId, oldId, oldName, wanted } = recovery.journal;
  const same = 'id' in target ? target.id === oldId : target.name === oldName || target.name === wanted.name;
  return same ? { id: newId } : target;
}

async function retire(
  context: RotationContext,
  path: string,
  journal: JournalFacts & { readonly newId: bigint },
  digest: string,
): Promise<void> {
  // Without this note the next run would tell by the file itself; it cannot be lost, only late.
  const delivered = await markDelivered(context, path, journal, digest).catch(() => undefined);
  await retireDelivered(context, path, delivered ?? { ...journal, digest, deleteAt: context.now() + journal.afterMs });
}

/** Creates the key; whatever comes back, the journal says what may be left on the server. */
async function create(
  context: RotationContext,
  path: string,
  facts: JournalFacts,
  known: ReadonlySet<bigint>,
): Promise<IssuedIngestionApiKey> {
  const { api, interrupt, now, step, waiting } = context;
  await writeJournal(path, { ...facts, stage: 'creating' }, step);
  try {
    interrupt.throwIfAborted();
    return await waiting('Creating the key', () =>
      effect(step, 'create key', () => createBesides(api, known, facts.wanted, { signal: interrupt, now })),
    );
  } catch (error) {
    if (error instanceof OutcomeUnknownError) throw namesNewName(await settle(context, path, facts, error), facts.wanted);
    // Refused or never sent. What is no answer of the API at all leaves the journal for the next run.
    if (error instanceof StsError) await dropJournal(context, path);
    throw namesNewName(error, facts.wanted);
  }
}

/** The answer to the creation was lost, but what was there before is known: the one key more is the one that nobody holds. */
async function settle(
  context: RotationContext,
  path: string,
  facts: JournalFacts,
  error: OutcomeUnknownError,
): Promise<StsError> {
  const { api, step } = context;
  const status = error.status === undefined ? {} : { status: error.status };
  const again = 'Rotate again: that looks for the key first and deletes it.';
  const unsettled = (what: string, hints: readonly string[] = [again]) =>
    new OutcomeUnknownError(`${error.message} ${what}`, { ...status, sentAt: error.sentAt, hints, cause: error });
  try {
    // The signal that stopped the command must not stop this.
    const orphan = error.keyId ?? (await findOrphan({ ...context, interrupt: new AbortController().signal }, path, facts));
    if (orphan === undefined && !isOver(error.status)) {
      return unsettled('The server lists no new key yet, but may still be creating it; the old key is untouched.');
    }
    if (orphan !== undefined && error.status === 409 && error.keyId === undefined) {
      await dropJournal(context, path);
      return unsettled(`The key ${orphan} of that name appeared since, and may be somebody else's; the old key is untouched.`, [
        `Delete it unless you know who made it: ${deleteCommand(orphan)}`,
      ]);
    }
    if (orphan !== undefined) await deleteIfThere(api, orphan, step);
    await dropJournal(context, path);
    const fate = orphan === undefined ? 'The server lists no new key' : 'The key it made was deleted again';
    return new ServerError(`${error.message} ${fate}; the old key is untouched.`, {
      ...status,
      hints: error.cause instanceof ServerError ? error.cause.hints : error.hints,
      cause: error,
    });
  } catch (trouble) {
    const what = 'A new key may exist that nobody holds; the old key is untouched.';
    return trouble instanceof UsageError ? unsettled(what, trouble.hints) : unsettled(what);
  }
}

/** Verifies the key and puts it into the file; one that does not get there is deleted. */
async function deliver(
  context: RotationContext,
  plan: RotationPlan,
  file: KeyFileRotation,
  facts: JournalFacts,
  issued: IssuedIngestionApiKey,
): Promise<void> {
  const { api, step } = context;
  const { path, destination } = file;
  const document = file.render(issued);
  try {
    await writeJournal(path, { ...facts, stage: 'created', newId: issued.id, document }, step);
    if (plan.verify) await verify(context, issued);
    await destination.deliverDocument(document);
  } catch (error) {
    if (!(error instanceof StsError)) throw error;
    const failure = (fate: string, hints: readonly string[] = error.hints) =>
      new StsError(error.exitCode, `${error.message} ${fate}`, { hints, cause: error });
    try {
      await deleteIfThere(api, issued.id, step);
    } catch {
      throw failure(`The new key ${issued.id} could not be deleted again; the old key is untouched.`, [
        `Delete the key that nobody holds: ${deleteCommand(issued.id)}`,
        'Or rotate again: that deletes it first.',
        ...error.hints,
      ]);
    }
    await dropJournal(context, path);
    throw failure('The new key was deleted again; the old key is untouched.');
  }
}
