import type { Session } from '../../cli/session.ts';
import { type ExitCode, InterruptedError, NotFoundError, OutcomeUnknownError, StsError } from '../../errors.ts';
import { heldToItsEnd, lossOfDeletion } from './shared.ts';

export interface Deletion {
  readonly ids: readonly bigint[];
  /** A key that is not there counts as deleted by somebody else. */
  readonly ifExists: boolean;
}

/**
 * Deletes keys one after another, whatever happens to each: `DELETE /security/ingestion/api_keys/{id}`. What was deleted stands
 * on stdout, what failed on stderr.
 * @returns the exit code of the first failure, in text form.
 * @throws StsError that sums the failures up, under JSON; the interrupt's reason; DeliveryError when stdout is gone.
 */
export async function deleteAll({ ids, ifExists }: Deletion, session: Session): Promise<ExitCode | undefined> {
  const { runtime, printer } = session;
  const api = await session.api();
  const deleted: bigint[] = [];
  const failed: StsError[] = [];
  const text = printer.output === 'text';
  const fail = async (error: StsError) => {
    failed.push(error);
    // Under JSON, stderr takes one document, made at the end.
    if (text) await printer.error(error);
  };
  let tried = false;
  try {
    for (const id of ids) {
      runtime.interrupt.throwIfAborted();
      const error = await heldToItsEnd(session, `Deleting the key ${id}`, lossOfDeletion, () =>
        failureOf(api.deleteKey(id, { signal: runtime.interrupt })),
      );
      if (error === undefined) {
        deleted.push(id);
        if (text) await printer.result({ text: printer.success(`Ingestion Api Key deleted: ${id}`), json: {} });
      } else if (ifExists && error instanceof NotFoundError) {
        await printer.note(`There is no ingestion API key with the id ${id}: nothing to delete.`);
      } else {
        await fail(about(id, error));
      }
    }
    tried = true;
  } finally {
    // An error alone leaves stdout empty.
    if (!text && (deleted.length > 0 || (tried && failed.length === 0)))
      await printer.result({ text: '', json: { 'deleted-ingestion-api-keys': deleted } });
  }
  const [first] = failed;
  if (first === undefined) return undefined;
  if (text) return first.exitCode;
  throw summary(failed, first);
}

/** Why a deletion failed, or undefined. A defect of the program is no failure of the deletion, and thrown. */
async function failureOf(deletion: Promise<void>): Promise<StsError | undefined> {
  try {
    await deletion;
    return undefined;
  } catch (error) {
    if (error instanceof StsError && !(error instanceof InterruptedError)) return error;
    throw error;
  }
}

/** Among several keys an error has to name its own. */
function about(id: bigint, error: StsError): StsError {
  if (error instanceof NotFoundError || error instanceof OutcomeUnknownError) return error;
  return new StsError(error.exitCode, `The key ${id} could not be deleted: ${error.message}`, {
    hints: error.hints,
    cause: error,
  });
}

function summary(failed: readonly StsError[], first: StsError): StsError {
  const hints = [...new Set(failed.flatMap((error) => error.hints))];
  return new StsError(first.exitCode, failed.map((error) => error.message).join('\n'), { hints, cause: first });
}
