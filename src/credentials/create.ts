import { ForbiddenError, UsageError } from '../errors.ts';
import { deliveredRecord, issue } from './issue.ts';
import type { Issued, Listing, NewCredential } from './ports.ts';
import { conclude, recover } from './recover.ts';
import { factsOf, listReported } from './rotate.ts';
import { named, type Run } from './run.ts';
import { finishCommand } from './words.ts';

export interface CreationPlan {
  readonly wanted: Omit<NewCredential, 'expiration'>;
  /** When it ends, in milliseconds since the epoch, reckoned from now; undefined: never. */
  readonly expiration: ((now: number) => bigint) | undefined;
  /** Whether that depends on now, so that the server's clock has to be known first. */
  readonly isRelative: boolean;
  readonly verify: boolean;
  /** Whether the list is asked for first in any case, so that a name that exists can be mentioned. */
  readonly look: boolean;
}

export interface CreationResult {
  readonly issued: Issued;
  /** What was asked for. */
  readonly wanted: NewCredential;
  /** Ids of what had the same name before, where that is known. */
  readonly sameName: readonly bigint[];
}

/**
 * Creates a credential and delivers it, or leaves none behind. The list is asked for first where the destination keeps a journal, the
 * end is reckoned from now, or only the list tells the id: one request otherwise.
 * @throws what `issue` throws; UsageError (exit 3) while a rotation of this destination is unfinished.
 */
export async function create(run: Run, plan: CreationPlan): Promise<CreationResult> {
  const { destination, interrupt } = run;
  interrupt.throwIfAborted();
  await destination.open();
  try {
    await settleEarlier(run, plan.wanted.name);
    await destination.prove();
    return await createFirst(run, plan);
  } finally {
    await destination.close();
  }
}

/** One creation for an open and proven destination. */
export async function createFirst(run: Run, plan: CreationPlan): Promise<CreationResult> {
  const { destination, kind, serverClock } = run;
  const needsList = plan.look || destination.journal !== undefined || plan.isRelative || kind.listTellsId;
  const known = needsList ? await listIfAllowed(run) : undefined;
  const expiration = plan.expiration?.(serverClock.now());
  const wanted: NewCredential = { ...plan.wanted, ...(expiration === undefined ? {} : { expiration }) };
  const once = { deleteOld: false, afterMs: 0 };
  const facts =
    destination.journal === undefined || known === undefined ? undefined : await factsOf(run, once, wanted, known, undefined);
  const issued = await issue(run, { wanted, known, verify: plan.verify, facts });
  if (facts !== undefined) {
    const record = await deliveredRecord(run, facts, issued);
    await conclude(run, record, { verify: plan.verify, noWait: false });
  } else await destination.settle?.(issued.id, destination.consumers ?? []);
  return { issued, wanted, sameName: known === undefined ? [] : named(known, wanted.name).map(({ id }) => id) };
}

/** A token that may create and not list can create all the same; then no journal is kept. */
async function listIfAllowed(run: Run): Promise<Listing | undefined> {
  try {
    return await listReported(run);
  } catch (error) {
    if (error instanceof ForbiddenError) return undefined;
    throw error;
  }
}

/** A creation that was broken off is undone or finished. A rotation is for `rotate` to finish. */
async function settleEarlier(run: Run, name: string): Promise<void> {
  const { destination } = run;
  const record = await destination.journal?.read();
  if (record === undefined) return;
  const { old } = record;
  if (old !== undefined) {
    throw new UsageError(`A rotation of ${destination.description} is unfinished. Nothing was created.`, {
      hints: [`Finish it first: ${finishCommand(record, old.name, destination)}`],
    });
  }
  await recover(run, { target: { name }, verify: true, deleteOld: false, afterMs: 0, noWait: false });
}
