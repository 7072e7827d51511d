import type { IngestionApiKey, KeyListing } from '../../api/model.ts';
import { NotFoundError, ServerError } from '../../errors.ts';
import { isExpired } from './expiry.ts';
import type { NameSelector, Selector } from './selector.ts';

export interface Selection {
  readonly keys: readonly IngestionApiKey[];
  /** One error for each id, or for the name, that the server does not have. */
  readonly missing: readonly NotFoundError[];
}

/**
 * The keys a selector names.
 * @param now milliseconds since the epoch.
 * @throws UsageError, or a ServerError, where it cannot be told which keys are superseded.
 */
export async function selectKeys(selector: Selector, listing: KeyListing, now: number): Promise<Selection> {
  const hints = ['See the keys with: sts ingestion-api-key list'];
  switch (selector.by) {
    case 'id': {
      const known = new Map(listing.keys.map((key) => [key.id, key]));
      return {
        keys: selector.ids.flatMap((id) => known.get(id) ?? []),
        missing: selector.ids
          .filter((id) => !known.has(id))
          .map((id) => new NotFoundError(`There is no ingestion API key with the id ${id}.`, { hints })),
      };
    }
    case 'expired':
      // By both clocks: one of them alone may be wrong, and a key that lives would go.
      return { keys: listing.keys.filter((key) => isExpired(key, Math.min(now, listing.serverTime ?? now))), missing: [] };
    case 'name': {
      const named = listing.keys.filter((key) => key.name === selector.name);
      if (named.length === 0) {
        return {
          keys: [],
          missing: [new NotFoundError(`There is no ingestion API key named ${JSON.stringify(selector.name)}.`, { hints })],
        };
      }
      return {
        keys: selector.superseded ? await superseded(selector, listing, Math.max(now, listing.serverTime ?? now)) : named,
        missing: [],
      };
    }
  }
}

async function superseded(
  { name }: NameSelector,
  { keys, rejected }: KeyListing,
  now: number,
): Promise<readonly IngestionApiKey[]> {
  if (rejected.length > 0) {
    throw new ServerError(
      'A row of the list makes no sense and may be the newest key, so it is not clear which keys are superseded.',
      {
        hints: rejected,
      },
    );
  }
  const { supersededKeys } = await import('../../rotation/superseded.ts');
  return supersededKeys(keys, name, now);
}
