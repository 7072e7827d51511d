import type { IssuedIngestionApiKey, NewIngestionApiKey, StackStateApi } from '../api/model.ts';
import type { Destination } from '../delivery/destination.ts';
import { effect, type StepHook } from '../delivery/effects.ts';
import { OutcomeUnknownError } from '../errors.ts';
import { settleLostAnswer } from './lost-answer.ts';
import { undoKey } from './undo.ts';

export interface IssueOptions {
  readonly api: StackStateApi;
  readonly key: NewIngestionApiKey;
  readonly destination: Destination;
  /** Heeded until the request leaves; from then on the key is brought to an end first. */
  readonly interrupt: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Asked between creation and delivery; what it throws undoes the creation. */
  readonly verify?: (issued: IssuedIngestionApiKey) => Promise<void>;
  /** Ids of the keys of that name that were there before, where that is known: none of them can be the new key. */
  readonly before?: readonly bigint[];
  readonly step?: StepHook;
}

/**
 * Creates a key and delivers it, or leaves none behind: `POST /security/ingestion/api_keys`, sent at most once, after the
 * destination is proven.
 * @returns the key, delivered.
 * @throws DeliveryError (exit 6) when it could not be delivered; it is deleted again, or the error names the command that does it.
 * @throws OutcomeUnknownError (exit 11) naming the keys that may be it, when the answer was lost.
 * @throws ServerError (exit 2) and what else `createKey` throws, when nothing was created.
 */
export async function issueKey(options: IssueOptions): Promise<IssuedIngestionApiKey> {
  const { api, key, destination, interrupt, now, verify, before, step } = options;
  interrupt.throwIfAborted();
  try {
    await destination.prove();
    interrupt.throwIfAborted();
    const issued = await effect(step, 'create key', () => api.createKey(key, { signal: interrupt })).catch(
      async (error: unknown) => {
        throw error instanceof OutcomeUnknownError ? await settleLostAnswer({ api, key, before, error, now }) : error;
      },
    );
    try {
      await verify?.(issued);
      await destination.deliver(issued);
    } catch (error) {
      // An answer about a key of another name is about somebody else's key.
      const own = issued.name === key.name;
      throw await undoKey({ api, id: issued.id, own, error, ...(step === undefined ? {} : { step }) });
    }
    return issued;
  } finally {
    await destination.abandon();
  }
}
