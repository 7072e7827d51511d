import type { Credential } from '../../credentials/ports.ts';
import { NotFoundError } from '../../errors.ts';
import { nearestName } from '../../nearest.ts';
import type { CredentialNoun } from '../nouns.ts';

/** There is none with this id. */
export function missingId(noun: CredentialNoun, id: bigint): NotFoundError {
  return new NotFoundError(`There is no ${noun.words.noun} with the id ${id}.`, { hints: [seeList(noun)] });
}

/** There is none of this name; the hint names one that was probably meant. */
export function missingName(noun: CredentialNoun, name: string, listed: readonly Credential[]): NotFoundError {
  const near = nearHint(name, listed);
  return new NotFoundError(`There is no ${noun.words.noun} named ${JSON.stringify(name)}.`, {
    hints: [...(near === undefined ? [] : [near]), seeList(noun)],
  });
}

/** The name that was probably meant, and its id: some names cannot be told from each other by looking at them. */
export function nearHint(name: string, listed: readonly Credential[]): string | undefined {
  const names = listed.map((credential) => credential.name);
  const near = nearestName(name, names);
  const credential = listed[near === undefined ? -1 : names.indexOf(near)];
  if (credential === undefined) return undefined;
  const looksTheSame = credential.name.normalize('NFC') === name.normalize('NFC');
  const why = looksTheSame ? ' It looks the same, but its characters are composed in another way.' : '';
  return `Did you mean ${JSON.stringify(credential.name)} (id ${credential.id})?${why}`;
}

function seeList({ words }: CredentialNoun): string {
  return `List the ${words.short}s with: sts ${words.command} list`;
}
