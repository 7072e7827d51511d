import type { Credential, Listing } from '../../credentials/ports.ts';
import { type NotFoundError, ServerError } from '../../errors.ts';
import type { CredentialNoun } from '../nouns.ts';
import { isExpired } from './expiry.ts';
import type { FullListing } from './listing.ts';
import { missingId, missingName } from './missing.ts';
import type { NameSelector, Selector } from './selector.ts';

export interface Selection {
  readonly credentials: readonly Credential[];
  /** One error for each id and each name that the server does not have. */
  readonly missing: readonly NotFoundError[];
  /** With `--superseded`: the newest of each name, which stays. */
  readonly kept: readonly Credential[];
}

/**
 * The credentials that a selector names.
 * @throws UsageError, or a ServerError, where it cannot be told which ones are superseded.
 */
export async function select(noun: CredentialNoun, selector: Selector, listing: FullListing): Promise<Selection> {
  const { credentials, clocks } = listing;
  switch (selector.by) {
    case 'id': {
      const known = new Map(credentials.map((credential) => [credential.id, credential]));
      return {
        credentials: selector.ids.flatMap((id) => known.get(id) ?? []),
        missing: selector.ids.filter((id) => !known.has(id)).map((id) => missingId(noun, id)),
        kept: [],
      };
    }
    case 'expired':
      // By both clocks: one of them alone may be wrong, and a credential that lives would go.
      return { credentials: credentials.filter((one) => isExpired(one, clocks.earliest)), missing: [], kept: [] };
    case 'name': {
      const named = credentials.filter(({ name }) => selector.names.includes(name));
      const absent = selector.names.filter((name) => !named.some((credential) => credential.name === name));
      const chosen = selector.superseded ? await superseded(noun, selector, listing, clocks.latest) : named;
      return {
        credentials: chosen,
        missing: absent.map((name) => missingName(noun, name, credentials)),
        kept: selector.superseded ? named.filter(({ id }) => !chosen.some((one) => one.id === id)) : [],
      };
    }
  }
}

async function superseded(
  noun: CredentialNoun,
  { names }: NameSelector,
  { credentials, rejected }: Listing,
  now: number,
): Promise<readonly Credential[]> {
  if (rejected.length > 0) {
    throw new ServerError(
      'A row of the list makes no sense and may be the newest, so it is not clear which ones are superseded.',
      {
        hints: rejected,
      },
    );
  }
  const { supersededOf } = await import('../../credentials/superseded.ts');
  return names.flatMap((name) => supersededOf(credentials, name, now, noun.words).superseded);
}
