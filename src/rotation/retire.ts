import { OutcomeUnknownError, StsError } from '../errors.ts';
import type { RotationContext } from './context.ts';
import { deleteIfThere } from './undo.ts';
import { deleteCommand } from './words.ts';

/** How often it is told how long the old key is still kept. */
const tickMs = 1000;

export interface Retirement {
  readonly oldId: bigint;
  /** Milliseconds since the epoch; the key is not touched before. */
  readonly deleteAt: number;
  /** Where the new key is, for messages. */
  readonly holder: string;
  /** Whether the next rotation goes on from here. */
  readonly resumable: boolean;
  /**
   * Looked at right before the old key goes.
   * @throws StsError when the new key is not where it was delivered: the old one may be in use again.
   */
  readonly confirm?: () => Promise<void>;
}

/**
 * The last step of a rotation: waits until the old key's time has come and deletes it, `DELETE /security/ingestion/api_keys/{id}`.
 * @throws StsError with the code of what stopped it (130 when interrupted), saying that both keys live and how to finish.
 */
export async function retireKey(context: RotationContext, retirement: Retirement): Promise<void> {
  const { api, interrupt, now, sleep, report, step, waiting } = context;
  const { oldId, deleteAt, confirm } = retirement;
  try {
    for (;;) {
      const remainingMs = Math.max(0, deleteAt - now());
      await report({ kind: 'keeping', oldId, remainingMs });
      interrupt.throwIfAborted();
      if (remainingMs === 0) break;
      await sleep(Math.min(tickMs, remainingMs), interrupt);
    }
  } catch (error) {
    await report({ kind: 'keeping', oldId, remainingMs: 0 });
    throw error instanceof StsError ? bothLive(error, retirement) : error;
  }
  await confirm?.();
  try {
    await waiting('Deleting the old key', () => deleteIfThere(api, oldId, step));
  } catch (error) {
    if (!(error instanceof StsError)) throw error;
    throw bothLive(error, retirement);
  }
}

function bothLive(error: StsError, { oldId, holder, resumable }: Retirement): StsError {
  const fate = error instanceof OutcomeUnknownError ? 'may be deleted or not' : 'was not deleted';
  return new StsError(error.exitCode, `${error.message} The new key is in ${holder}; the old key ${oldId} ${fate}.`, {
    hints: [
      `Delete the old key when nobody uses it any more: ${deleteCommand(oldId)}`,
      ...(resumable ? [`Or rotate ${holder} again: that finishes this rotation first.`] : []),
      ...error.hints,
    ],
    cause: error,
  });
}
