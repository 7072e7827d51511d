import { DeliveryError, OutcomeUnknownError, ServerError, StsError } from '../errors.ts';
import { isHeld } from './digest.ts';
import type { Destination } from './ports.ts';
import type { Facts } from './record.ts';
import { dropQuietly, listToTheEnd, type Old, type Run } from './run.ts';
import { deleteIfThere } from './undo.ts';
import { askPatiently } from './verify.ts';
import { capital, deleteCommand, rotateCommand, theNew } from './words.ts';

/** How often to report how long the old credential is still kept, in milliseconds. */
const tickMs = 1000;

export interface Retirement {
  readonly old: Old;
  readonly newId: bigint | undefined;
  /** How long the old credential is kept from now on, in milliseconds. */
  readonly remainingMs: number;
  /** SHA-256 of the new secret. */
  readonly digest: string;
  /** The new secret, where the destination cannot be read. */
  readonly secret: string | undefined;
  /**
   * Whether to ask the server once more if it accepts the new secret. If false, and if the id is known, the list must show the new
   * credential instead.
   */
  readonly verify: boolean;
  /** Undefined where no journal is kept. */
  readonly facts: Facts | undefined;
}

/**
 * The last step of a rotation. Waits for the time that the old credential is kept, checks that the destination still holds the new secret
 * and that the server accepts it, and deletes the old credential by its id.
 * @throws StsError with the exit code of the cause (130 when interrupted). Its message says that both credentials exist, and how to finish.
 */
export async function retire(run: Run, retirement: Retirement): Promise<void> {
  const { oldKind, waiting } = run;
  const { old } = retirement;
  await keep(run, retirement);
  const over = await orBothLive(run, retirement, () => whyOver(run, retirement));
  // The journal has been removed, so a later run has nothing to continue from.
  if (over !== undefined) throw bothLive(run, { ...retirement, facts: undefined }, over);
  await orBothLive(run, retirement, () =>
    waiting(`Deleting the old ${oldKind.words.short}`, () => deleteIfThere(oldKind, old.id)),
  );
}

async function orBothLive<T>(run: Run, retirement: Retirement, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof StsError ? bothLive(run, retirement, error) : error;
  }
}

/** Waits with the monotonic clock, which never jumps. */
async function keep(run: Run, retirement: Retirement): Promise<void> {
  const { clock, interrupt, report } = run;
  const oldId = retirement.old.id;
  const until = clock.monotonic() + retirement.remainingMs;
  try {
    for (;;) {
      const remainingMs = Math.max(0, until - clock.monotonic());
      await report({ kind: 'keeping', oldId, remainingMs });
      interrupt.throwIfAborted();
      if (remainingMs === 0) return;
      await clock.sleep(Math.min(tickMs, remainingMs), interrupt);
    }
  } catch (error) {
    await report({ kind: 'keeping', oldId, remainingMs: 0 });
    throw error instanceof StsError ? bothLive(run, retirement, error) : error;
  }
}

/**
 * Checks again before the deletion: in the meantime somebody may have changed the destination, deleted the new credential, or taken over
 * the journal.
 * @returns the reason to keep the old credential for good; undefined if it may be deleted.
 * @throws the error of the check itself.
 */
async function whyOver(run: Run, retirement: Retirement): Promise<StsError | undefined> {
  const { destination, kind } = run;
  const { facts, digest, newId } = retirement;
  const journal = facts === undefined ? undefined : destination.journal;
  const held = retirement.secret ?? (await destination.current());
  if (held === undefined || !(await isHeld(held, digest))) {
    await dropQuietly(run, journal);
    return changed(run, newId);
  }
  if (await isAccepted(run, retirement, held)) {
    await journal?.confirm();
    return undefined;
  }
  await dropQuietly(run, journal);
  return new ServerError(`${capital(theNew(kind.words, newId))} is gone: somebody deleted it after the delivery.`, {
    hints: [`Create another one: ${rotateCommand(run, retirement.old.name)}`],
  });
}

/** Whether a destination holds the secret with this digest. */
export async function holdsNew(destination: Destination, digest: string): Promise<boolean> {
  return isHeld(await destination.current(), digest);
}

/** The error for a destination that was changed after the delivery. The old credential may be in use again, so it is kept. */
export function changedSince(run: Run, newId: bigint | undefined, old: Old): StsError {
  return bothLive(run, { old, newId, facts: undefined }, changed(run, newId));
}

function changed({ kind, destination }: Run, newId: bigint | undefined): DeliveryError {
  return new DeliveryError(
    `${capital(destination.description)} no longer holds ${theNew(kind.words, newId)}: somebody changed it after the delivery.`,
    { hints: [`See which one it holds and whether that is valid: sts ${kind.words.command} verify ${destination.flags}`] },
  );
}

/**
 * Whether the server still accepts the new secret. A refusal is retried, because parts of the platform may lag behind.
 * @returns false when the new credential no longer exists.
 * @throws ServerError when the server keeps refusing the secret, or when it is not clear whether the credential exists.
 */
async function isAccepted(run: Run, { verify, newId }: Retirement, held: string): Promise<boolean> {
  const { kind, waiting } = run;
  // Without its id, the list cannot tell whether the credential exists.
  if (verify || newId === undefined) {
    const verdict = await waiting(`Verifying the new ${kind.words.short} once more`, () =>
      askPatiently(run, held, async () => (await isListed(run, newId)) === false),
    );
    if (verdict !== 'unverifiable') return verdict === 'valid';
  }
  const listed = await isListed(run, newId);
  if (listed !== undefined || newId === undefined) return listed !== false;
  throw new ServerError(
    `It is not clear whether ${theNew(kind.words, newId)} still exists: the list has rows that cannot be read.`,
  );
}

/** Whether the list shows the credential; undefined if that is not clear. */
async function isListed(run: Run, id: bigint | undefined): Promise<boolean | undefined> {
  if (id === undefined) return undefined;
  const { credentials, rejected } = await listToTheEnd(run);
  if (credentials.some((credential) => credential.id === id)) return true;
  return rejected.length > 0 ? undefined : false;
}

function bothLive(run: Run, { old, newId, facts }: Pick<Retirement, 'old' | 'newId' | 'facts'>, error: StsError): StsError {
  const { kind, oldKind, destination } = run;
  const fate = error instanceof OutcomeUnknownError ? '' : `; the old ${oldKind.words.short} ${old.id} was not deleted`;
  const again = facts === undefined ? [] : [`Or run this command, which finishes the rotation: ${rotateCommand(run, old.name)}`];
  return error.because(`${capital(theNew(kind.words, newId))} was delivered to ${destination.description}${fate}.`, {
    hints: [
      ...error.hints,
      `Delete the old ${oldKind.words.short} when nobody uses it any more: ${deleteCommand(oldKind.words, old.id)}`,
      ...again,
    ],
  });
}
