import type { StackStateApi } from '../api/model.ts';
import { effect, type StepHook } from '../delivery/effects.ts';
import { DeliveryError, type ErrorDetails, ExitCode, NotFoundError, StsError } from '../errors.ts';
import { deleteCommand } from './words.ts';

export interface UndoOptions {
  readonly api: StackStateApi;
  /** The key that nobody received. */
  readonly id: bigint;
  /** Why nobody received it. */
  readonly error: unknown;
  readonly step?: StepHook;
}

/**
 * Deletes a key that nobody received: `DELETE /security/ingestion/api_keys/{id}`.
 * @returns the error to throw: the given one, saying in addition that the key is gone, or how to delete it.
 */
export async function undoKey({ api, id, error, step }: UndoOptions): Promise<unknown> {
  const failure = await deleteIfThere(api, id, step).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (failure === undefined && !(error instanceof StsError)) return error;
  const { exitCode, message, hints } = error instanceof StsError ? error : { ...unexpected, message: String(error) };
  if (failure === undefined) return again(exitCode, `${message} The new key was deleted again.`, { hints, cause: error });
  const reason = failure instanceof Error ? ` ${failure.message}` : '';
  return again(exitCode, `${message} The new key ${id} could not be deleted again.${reason}`, {
    hints: [`Delete the key that nobody holds: ${deleteCommand(id)}`, ...hints],
    cause: error,
  });
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
