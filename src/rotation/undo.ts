import type { StackStateApi } from '../api/model.ts';
import { effect, type StepHook } from '../delivery/effects.ts';
import { DeliveryError, type ErrorDetails, ExitCode, NotFoundError, StsError } from '../errors.ts';
import { deleteCommand } from './words.ts';

export interface UndoOptions {
  readonly api: StackStateApi;
  /** The key that nobody received. */
  readonly id: bigint;
  /** Whether it is the key that was asked for, for sure; another one is left alone. */
  readonly own: boolean;
  /** Why nobody received it. */
  readonly error: unknown;
  readonly step?: StepHook;
}

/**
 * Deletes a key that nobody received: `DELETE /security/ingestion/api_keys/{id}`.
 * @returns the error to throw: the given one, saying in addition that the key is gone, or how to delete it.
 */
export async function undoKey({ api, id, own, error, step }: UndoOptions): Promise<unknown> {
  const failure = own ? await failureOf(deleteIfThere(api, id, step)) : new Error('The server gave it another name than asked.');
  if (failure === undefined && !(error instanceof StsError)) return error;
  const { exitCode, message, hints } = error instanceof StsError ? error : { ...unexpected, message: String(error) };
  if (failure === undefined) return again(exitCode, `${message} The new key was deleted again.`, { hints, cause: error });
  const reason = failure instanceof Error ? ` ${failure.message}` : '';
  return again(exitCode, `${message} The new key ${id} ${own ? 'could not be' : 'was not'} deleted again.${reason}`, {
    hints: [`Delete the key ${own ? 'that nobody holds' : 'if nobody uses it'}: ${deleteCommand(id)}`, ...hints],
    cause: error,
  });
}

function failureOf(work: Promise<void>): Promise<unknown> {
  return work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
}

const unexpected = { exitCode: ExitCode.delivery, hints: [] } as const;

function again(exitCode: ExitCode, message: string, details: ErrorDetails): StsError {
  return exitCode === ExitCode.delivery ? new DeliveryError(message, details) : new StsError(exitCode, message, details);
}

/** Deletes a key; one that is gone already is no failure. */
export async function deleteIfThere(api: StackStateApi, id: bigint, step?: StepHook): Promise<void> {
  await effect(step, 'delete key', async () => {
    try {
      await api.deleteKey(id);
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
    }
  });
}
