import type { IngestionApiKey, KeyListing, NewIngestionApiKey, StackStateApi } from '../api/model.ts';
import { OutcomeUnknownError, ServerError, type StsError } from '../errors.ts';
import { deleteCommand } from './words.ts';

export interface LostAnswer {
  readonly api: StackStateApi;
  /** What was asked for. */
  readonly key: NewIngestionApiKey;
  /** Ids of the keys of that name that were there before; undefined where that is not known, and their times have to do. */
  readonly before: readonly bigint[] | undefined;
  readonly error: OutcomeUnknownError;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** How far the clock that a key's time comes from and the one of the `Date` header, which has whole seconds, may be apart. */
const toleranceMs = 10_000;
/** The same where the server does not tell its time and the clock here has to do. */
const blindToleranceMs = 5 * 60 * 1000;
/** The answers of a gateway that gave up on the server, or lost it: the server may still be at it. */
const stillWorking = new Set([502, 503, 504]);

/** Whether the server itself said that it failed or refused, so that nothing can come of the request any more. */
export function isOver(status: number | undefined): status is number {
  return status === 409 || (status !== undefined && status >= 500 && !stillWorking.has(status));
}

/**
 * Looks for the key of a creation whose answer was lost: `GET /security/ingestion/api_keys`. Nothing is deleted.
 * @returns the error to throw: with a hint for each key that may be it (exit 11), or a ServerError (exit 2) when a server that
 * answered with its own error shows no such key.
 */
export async function settleLostAnswer({ api, key, before, error, now }: LostAnswer): Promise<StsError> {
  const details = { sentAt: error.sentAt, ...(error.status === undefined ? {} : { status: error.status }), cause: error };
  if (error.keyId !== undefined) {
    return new OutcomeUnknownError(`${error.message} The key ${error.keyId} was created, and nobody holds it.`, {
      ...details,
      keyId: error.keyId,
      hints: [`Delete it: ${deleteCommand(error.keyId)}`],
    });
  }
  let listing: KeyListing;
  try {
    listing = await api.listKeys();
  } catch {
    return new OutcomeUnknownError(`${error.message} The key may exist, and the keys could not be listed to find out.`, {
      ...details,
      hints: ['See whether it exists: sts ingestion-api-key list', 'Delete it if so: sts ingestion-api-key delete --id ID'],
    });
  }
  const candidates =
    before === undefined
      ? madeSince(listing, key.name, error.sentAt, now())
      : listing.keys.filter(({ id, name }) => name === key.name && !before.includes(id));
  if (candidates.length > 0) {
    const one = candidates.length === 1;
    return new OutcomeUnknownError(
      `${error.message} ${one ? 'A key of that name appeared' : `${candidates.length} keys of that name appeared`} since; nobody may hold ${one ? 'it' : 'them'}.`,
      { ...details, hints: candidates.map(({ id }) => `Delete the key ${id} unless you know who made it: ${deleteCommand(id)}`) },
    );
  }
  if (isOver(error.status)) {
    const reason = error.cause instanceof ServerError ? error.cause : error;
    return new ServerError(`${reason.message} The server lists no new key of that name.`, {
      status: error.status,
      hints: reason.hints,
      cause: error,
    });
  }
  return new OutcomeUnknownError(`${error.message} The server lists no new key yet, but may still be creating it.`, {
    ...details,
    hints: [
      'See in a minute whether it exists: sts ingestion-api-key list',
      'Delete it if so: sts ingestion-api-key delete --id ID',
    ],
  });
}

/** Keys of a name that came to be since a request left, by the server's own clock where it told it. */
function madeSince({ keys, serverTime }: KeyListing, name: string, sentAt: number, now: number): readonly IngestionApiKey[] {
  const elapsed = Math.max(0, now - sentAt);
  const since = serverTime === undefined ? sentAt - blindToleranceMs : serverTime - elapsed - toleranceMs;
  return keys.filter((key) => key.name === name && key.lastUpdateTimestamp >= BigInt(Math.floor(since)));
}
