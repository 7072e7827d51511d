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
  const byId = new Map(credentials.map((credential) => [credential.id, credential]));
  return byId.size === credentials.length ? credentials : [...byId.values()];
}
