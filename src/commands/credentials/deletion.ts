import type { StackStateApi } from '../../api/model.ts';
import { InterruptedError, NotFoundError, OutcomeUnknownError, StsError, UnsupportedServerError } from '../../errors.ts';
import { heldToItsEnd } from '../held-to-its-end.ts';
import type { CredentialNoun } from '../nouns.ts';
import type { Session } from '../verb.ts';

export interface Deletion {
  readonly ids: readonly bigint[];
  /** One that is not there counts as deleted by somebody else. */
  readonly ifExists: boolean;
}

export interface Deleted {
  readonly deleted: readonly bigint[];
  readonly failures: readonly StsError[];
  /** Sentences about what did not have to be deleted. */
  readonly notes: readonly string[];
}

/**
 * Deletes credentials one after another, whatever happens to each.
 * @returns what was deleted and what failed; an interrupt is the last failure.
 */
export async function deleteAll(noun: CredentialNoun, { ids, ifExists }: Deletion, session: Session): Promise<Deleted> {
  const { interrupt } = session.world;
  const api = await session.api();
  const deleted: bigint[] = [];
  const failures: StsError[] = [];
  const notes: string[] = [];
  for (const id of ids) {
    if (interrupt.aborted && interrupt.reason instanceof StsError) {
      failures.push(interrupt.reason);
      break;
    }
    const error = await deleteOne(noun, id, api, session);
    // As it is with this one, so with all.
    if (error instanceof UnsupportedServerError) throw error;
    if (error === undefined) deleted.push(id);
    else if (ifExists && error instanceof NotFoundError) notes.push(`${error.message.replace(/\.$/, '')}: nothing to delete.`);
    else failures.push(ids.length === 1 ? error : about(noun, id, error));
  }
  return { deleted, failures, notes };
}

/** Why a deletion failed, or undefined. A defect of the program is no failure of the deletion, and thrown. */
async function deleteOne(noun: CredentialNoun, id: bigint, api: StackStateApi, session: Session): Promise<StsError | undefined> {
  const { command, short } = noun.words;
  const loss = `then see whether the ${short} is still there: sts ${command} list`;
  try {
    await heldToItsEnd(session, `Deleting the ${short} ${id}`, loss, () =>
      noun.delete(api, id, { signal: session.world.interrupt }),
    );
    return undefined;
  } catch (error) {
    if (error instanceof StsError) return error;
    throw error;
  }
}

/** Among several an error has to name its own. */
function about({ words }: CredentialNoun, id: bigint, error: StsError): StsError {
  if ([NotFoundError, OutcomeUnknownError, InterruptedError].some((named) => error instanceof named)) return error;
  return new StsError(error.exitCode, `The ${words.short} ${id} could not be deleted: ${error.message}`, {
    hints: error.hints,
    cause: error,
  });
}
