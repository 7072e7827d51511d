import { ForbiddenError, UsageError } from '../errors.ts';
import { deliveredRecord, issue } from './issue.ts';
import type { Issued, Listing, NewCredential } from './ports.ts';
import { conclude, recover } from './recover.ts';
import { factsOf, listReported } from './rotate.ts';
import { named, type Run } from './run.ts';
import { finishCommand } from './words.ts';

export interface CreationPlan {
  readonly wanted: Omit<NewCredential, 'expiration'>;
  /** Gives the expiration for a current time, both in milliseconds since the epoch. Undefined: the credential never expires. */
  readonly expiration: ((now: number) => bigint) | undefined;
  /** Whether the expiration depends on the current time. The server's clock has to be known first in that case. */
  readonly isRelative: boolean;
  readonly verify: boolean;
  /** Whether to request the list first in any case, so that a name in use can be mentioned. */
  readonly look: boolean;
}

export interface CreationResult {
  readonly issued: Issued;
  /** The properties that the credential was created with. */
  readonly wanted: NewCredential;
  /** Ids of the credentials that had the same name before, where they are known. */
  readonly sameName: readonly bigint[];
}

/**
 * Creates a credential and delivers it, or leaves none behind. The list is requested first if the destination keeps a journal, if the
 * expiration is relative, or if only the list tells the new id. Otherwise one request is enough.
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

/** One creation for a destination that is already open and proven. */
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

/** The program's token may have the permission to create but not to list. Then the credential is created without a journal. */
async function listIfAllowed(run: Run): Promise<Listing | undefined> {
  try {
    return await listReported(run);
  } catch (error) {
    if (error instanceof ForbiddenError) return undefined;
    throw error;
  }
}

/** Undoes or finishes an interrupted creation. An interrupted rotation is refused, with the command that finishes it. */
async function settleEarlier(run: Run, name: string): Promise<void> {
  const { destination, kind } = run;
  const record = await destination.journal?.read();
  if (record === undefined) return;
  const { old } = record;
  if (old !== undefined) {
    throw new UsageError(`A rotation of ${destination.description} is unfinished. Nothing was created.`, {
      hints: [`Finish it first: ${finishCommand(record, old.name, destination, kind.words)}`],
    });
  }
  await recover(run, { target: { name }, verify: true, deleteOld: false, afterMs: 0, noWait: false });
}
