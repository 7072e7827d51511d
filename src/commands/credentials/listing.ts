import type { Credential, Listing } from '../../credentials/ports.ts';
import type { CredentialNoun } from '../nouns.ts';
import type { Session } from '../verb.ts';
import { type Clocks, clocksOf } from './clocks.ts';

export interface FullListing extends Listing {
  readonly clocks: Clocks;
}

/** All credentials that the server lists, each once whatever it repeats, and the clocks to reckon with. */
export async function listingOf(noun: CredentialNoun, session: Session): Promise<FullListing> {
  const { world, progress } = session;
  const api = await session.api();
  const call = { signal: world.interrupt };
  const listing = await progress.waiting(`Listing ${noun.words.short}s`, () => noun.list(api, call));
  return { ...listing, credentials: eachOnce(listing.credentials), clocks: clocksOf(world.now(), listing) };
}

function eachOnce(credentials: readonly Credential[]): readonly Credential[] {
  // Numbers are told apart faster than bigints: in a list of a hundred thousand one looks before one sorts out.
  const ids = new Set(credentials.map(({ id }) => (Number.isSafeInteger(Number(id)) ? Number(id) : id)));
  if (ids.size === credentials.length) return credentials;
  const byId = new Map(credentials.map((credential) => [credential.id, credential]));
  return [...byId.values()];
}
