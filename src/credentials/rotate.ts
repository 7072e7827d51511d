import { StsError, UsageError } from '../errors.ts';
import { digestOf } from './digest.ts';
import { findOne, successorOf, type Target } from './find.ts';
import { refuseOtherHeld, refuseOtherKind } from './foreign.ts';
import { deliveredRecord, issue } from './issue.ts';
import type { Credential, Issued, Listing, NewCredential } from './ports.ts';
import type { Facts } from './record.ts';
import { conclude, type Recovery, type Request, recover } from './recover.ts';
import { listAll, named, type Run } from './run.ts';

export interface RotationPlan extends Request {
  /** Name of the new credential; undefined: the old one's. */
  readonly newName?: string | undefined;
  /**
   * Gives the expiration for a current time, both in milliseconds since the epoch; undefined: the new credential gets the lifetime that the
   * old one had.
   */
  readonly expiration: ((now: number) => bigint) | undefined;
  /** Further properties of the new credential, if it is of another kind. */
  readonly instead?: Partial<NewCredential>;
  /** Whether a credential with another name may be replaced, if the destination records that it holds one. */
  readonly force?: boolean;
}

export interface RotationResult {
  readonly issued: Issued;
  /** After a migration that an earlier run made, only id and name are known. */
  readonly old: Credential;
  /** `later`: the next run deletes it. */
  readonly fate: 'kept' | 'deleted' | 'later';
  /** Why the old credential was not deleted, if the new one is delivered and no journal is kept. */
  readonly failure?: StsError;
}

/**
 * Replaces a credential: create, verify, deliver, restart and wait, and only then touch the old one. If the destination keeps a journal,
 * the program may be killed at any moment. The destination always holds a secret that works, and the next call first finishes or undoes the
 * interrupted rotation.
 * @throws what `findOne`, `issue`, `recover` and `retire` throw.
 */
export async function rotate(run: Run, plan: RotationPlan): Promise<RotationResult> {
  const { destination, interrupt } = run;
  interrupt.throwIfAborted();
  await destination.open();
  try {
    const recovery = await recover(run, plan);
    refuseWhileWaiting(run, recovery);
    const migrated = await migratedBefore(run, recovery);
    if (migrated !== undefined) return migrated;
    await destination.prove();
    return await replace(run, { ...plan, target: successorOfTarget(plan.target, recovery) });
  } finally {
    await destination.close();
  }
}

/** A migration that an earlier run began cannot be repeated. Its result is the result of this run. */
async function migratedBefore({ kind, oldKind, destination }: Run, recovery: Recovery): Promise<RotationResult | undefined> {
  if (kind === oldKind || recovery.outcome !== 'finished') return undefined;
  const { newId, old, wanted } = recovery.record;
  if (old === undefined) return undefined;
  const secret = await destination.current();
  if (secret === undefined) return undefined;
  return { issued: { ...wanted, ...(newId === undefined ? {} : { id: newId }), secret }, old, fate: recovery.fate };
}

/** One rotation for a destination that is already open and proven. */
export async function replace(run: Run, plan: RotationPlan): Promise<RotationResult> {
  const { kind, oldKind, serverClock } = run;
  const listing = await listReported(run, oldKind);
  const old = findOne(listing, plan.target, oldKind.words, kind === oldKind);
  const why = kind === oldKind ? kind.refuseRotation?.(old) : undefined;
  if (why !== undefined) throw new UsageError(why);
  if (!plan.force) {
    if (kind === oldKind) refuseOtherKind(run, await run.destination.current(), old.name);
    await refuseOtherHeld(run, listing, [old.name, plan.newName]);
  }
  const known = kind === oldKind ? listing : await listReported(run, kind);
  const now = serverClock.now();
  const successor = successorOf(old, { name: plan.newName, expiration: plan.expiration?.(now) }, now, oldKind.words);
  // The other kind may have no description.
  const { description: _, ...moved } = successor;
  const wanted = kind === oldKind ? successor : { ...moved, ...plan.instead };
  const facts = await factsOf(run, plan, wanted, known, { id: old.id, name: old.name });
  const keepsJournal = run.destination.journal !== undefined;
  const issued = await issue(run, {
    wanted,
    known,
    verify: plan.verify,
    facts: keepsJournal ? facts : undefined,
    replaces: true,
  });
  const record = await deliveredRecord(run, facts, issued);
  if (keepsJournal) return { issued, old, fate: await conclude(run, record, plan) };
  try {
    return { issued, old, fate: await conclude(run, record, plan, issued.secret) };
  } catch (error) {
    if (!(error instanceof StsError)) throw error;
    return { issued, old, fate: 'kept', failure: error };
  }
}

/** The facts that the journal of a run records. */
export async function factsOf(
  run: Run,
  plan: Pick<Request, 'deleteOld' | 'afterMs'> & Partial<Pick<Request, 'noWait'>>,
  wanted: NewCredential,
  known: Listing,
  old: Facts['old'],
): Promise<Facts> {
  const { destination, kind, oldKind, serverClock } = run;
  const held = await destination.current();
  return {
    kind: kind.words.command,
    oldKind: oldKind.words.command,
    server: kind.server,
    run: run.id,
    wanted,
    startedAt: Math.floor(serverClock.exact()),
    timeoutMs: kind.timeoutMs,
    before: named(known, wanted.name).map(({ id }) => id),
    held: held === undefined ? undefined : await digestOf(held),
    old,
    ...(plan.noWait ? { noWait: true } : {}),
    deleteOld: plan.deleteOld,
    ...(destination.consumers === undefined ? {} : { consumers: destination.consumers }),
    afterMs: plan.afterMs,
  };
}

export async function listReported(run: Run, kind = run.kind): Promise<Listing> {
  const listing = await listAll(run, kind);
  if (listing.rejected.length > 0) await run.report({ kind: 'rejected', rows: listing.rejected });
  return listing;
}

/** The target of a command, or its successor if the run that was just finished has replaced the target. */
export function successorOfTarget(target: Target, recovery: Recovery): Target {
  if (recovery.outcome !== 'finished' || recovery.record.newId === undefined) return target;
  const { newId, old, wanted } = recovery.record;
  const isSame = 'id' in target ? target.id === old?.id : target.name === old?.name || target.name === wanted.name;
  return isSame ? { id: newId } : target;
}

function refuseWhileWaiting({ destination, serverClock }: Run, recovery: Recovery): void {
  if (recovery.outcome !== 'waiting') return;
  const { deleteAt, old } = recovery.record;
  const seconds = Math.max(1, Math.ceil((deleteAt - serverClock.exact()) / 1000));
  throw new UsageError(
    `The last rotation of ${destination.description} keeps the old one, ${old?.id}, for another ${seconds} s. Nothing was done.`,
    { hints: ['Rotate again when that time is over. Without --no-wait, the command waits for it.'] },
  );
}
