import type { Credential, Listing } from '../../credentials/ports.ts';
import type { Superseded } from '../../credentials/superseded.ts';
import { NotFoundError, ServerError } from '../../errors.ts';
import type { CredentialNoun } from '../nouns.ts';
import { isExpired } from './expiry.ts';
import type { NameSelector, Selector } from './selector.ts';

export interface Selection {
  readonly credentials: readonly Credential[];
  /** One error for each id and each name that the server does not have. */
  readonly missing: readonly NotFoundError[];
  /** The newest ones, which stay. */
  readonly kept: readonly Credential[];
}

/**
 * The credentials that a selector names.
 * @param now milliseconds since the epoch.
 * @throws UsageError, or a ServerError, where it cannot be told which ones are superseded.
 */
export async function select(noun: CredentialNoun, selector: Selector, listing: Listing, now: number): Promise<Selection> {
  const { credentials, serverTime = now } = listing;
  switch (selector.by) {
    case 'id': {
      const known = new Map(credentials.map((credential) => [credential.id, credential]));
      return {
        credentials: selector.ids.flatMap((id) => known.get(id) ?? []),
        missing: selector.ids.filter((id) => !known.has(id)).map((id) => missing(noun, `with the id ${id}`)),
        kept: [],
      };
    }
    case 'expired':
      // By both clocks: one of them alone may be wrong, and a credential that lives would go.
      return { credentials: credentials.filter((one) => isExpired(one, Math.min(now, serverTime))), missing: [], kept: [] };
    case 'name': {
      const borne = new Set(credentials.map(({ name }) => name));
      const absent = selector.names.filter((name) => !borne.has(name));
      const named = credentials.filter(({ name }) => selector.names.includes(name));
      const older = selector.superseded ? await superseded(noun, selector, listing, Math.max(now, serverTime)) : undefined;
      return {
        credentials: older?.flatMap((one) => one.superseded) ?? named,
        kept: older?.flatMap(({ kept, superseded: others }) => (kept === undefined || others.length === 0 ? [] : [kept])) ?? [],
        missing: absent.map((name) => missing(noun, `named ${JSON.stringify(name)}`)),
      };
    }
  }
}

function missing({ words }: CredentialNoun, which: string): NotFoundError {
  return new NotFoundError(`There is no ${words.noun} ${which}.`, {
    hints: [`List the ${words.short}s with: sts ${words.command} list`],
  });
}

async function superseded(
  { words }: CredentialNoun,
  { names }: NameSelector,
  { credentials, rejected }: Listing,
  now: number,
): Promise<readonly Superseded[]> {
  if (rejected.length > 0) {
    throw new ServerError(
      'A row of the list makes no sense and may be the newest, so it is not clear which ones are superseded.',
      { hints: rejected },
    );
  }
  const { supersededOf } = await import('../../credentials/superseded.ts');
  return names.map((name) => supersededOf(credentials, name, now, words));
}
