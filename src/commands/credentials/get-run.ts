import type { Credential } from '../../credentials/ports.ts';
import { ServerError } from '../../errors.ts';
import { type CredentialNoun, documentOf } from '../nouns.ts';
import type { Outcome, Session } from '../verb.ts';
import type { GetOptions } from './get.ts';
import { listingOf } from './listing.ts';

/** Shows one credential as the list has it. @throws NotFoundError when there is none; ServerError when that cannot be told. */
export async function get(noun: CredentialNoun, { id, name }: GetOptions, session: Session): Promise<Outcome> {
  const { credentials, rejected, clocks } = await listingOf(noun, session);
  const found = credentials.filter((credential) => (id === undefined ? credential.name === name : credential.id === id));
  const newest = newestOf(found);
  // A row that makes no sense may be the one, or the newest.
  if (rejected.length > 0 && (newest === undefined || id === undefined)) throw new ServerError(rejected.join('\n'));
  if (newest === undefined) {
    const { missingId, missingName } = await import('./missing.ts');
    throw id === undefined ? missingName(noun, name ?? '', credentials) : missingId(noun, id);
  }
  return {
    data: { [noun.words.command]: documentOf(newest) },
    async text(view) {
      const { credentialTable } = await import('./table.ts');
      return credentialTable(noun, [newest], { ...view, nowFor: () => clocks.now });
    },
    values: [String(newest.id)],
    warnings: clocks.warning === undefined ? [] : [clocks.warning],
    notes: found.length === 1 ? [] : [`${found.length} ${noun.words.short}s have this name; this is the newest.`],
  };
}

/** Of several made at the same moment the one with the larger id, which was made later. */
function newestOf(credentials: readonly Credential[]): Credential | undefined {
  const age = ({ lastUpdateTimestamp = 0n, id }: Credential) => [lastUpdateTimestamp, id] as const;
  return credentials.reduce<Credential | undefined>((newest, next) => {
    if (newest === undefined) return next;
    const [[time, id], [nextTime, nextId]] = [age(newest), age(next)];
    return nextTime > time || (nextTime === time && nextId > id) ? next : newest;
  }, undefined);
}
