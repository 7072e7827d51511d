import type { CallOptions, IssuedIngestionApiKey, NewIngestionApiKey, StackStateApi } from '../api/model.ts';
import { OutcomeUnknownError } from '../errors.ts';

/**
 * Creates a key where it is known which keys there are: `POST /security/ingestion/api_keys`. A key that was there before, or has another
 * name, is never taken for the new one, whatever the answer says: what is taken for the new key may be deleted again.
 * @param known ids of all keys before.
 * @throws OutcomeUnknownError when the answer is about another key, and what else `createKey` throws.
 */
export async function createBesides(
  api: StackStateApi,
  known: ReadonlySet<bigint>,
  key: NewIngestionApiKey,
  call: CallOptions & { readonly now: () => number },
): Promise<IssuedIngestionApiKey> {
  const { now, ...options } = call;
  const sentAt = now();
  try {
    const issued = await api.createKey(key, options);
    const why = known.has(issued.id) ? 'which was there before' : issued.name === key.name ? undefined : 'which has another name';
    if (why === undefined) return issued;
    throw new OutcomeUnknownError(`The server answered the creation with the key ${issued.id}, ${why}.`, { sentAt, status: 200 });
  } catch (error) {
    if (!(error instanceof OutcomeUnknownError) || error.keyId === undefined || !known.has(error.keyId)) throw error;
    throw new OutcomeUnknownError(error.message, {
      sentAt: error.sentAt,
      ...(error.status === undefined ? {} : { status: error.status }),
      cause: error,
    });
  }
}
