import { UsageError } from '../../errors.ts';
import type { CredentialNoun } from '../nouns.ts';
import type { Flag } from '../verb.ts';

/** `-n, --name` */
export function nameFlag(noun: CredentialNoun, help: string): Flag<string> {
  return { long: 'name', short: 'n', value: 'name', parse: (text) => parseName(text, noun), help };
}

/**
 * A name: one that is empty or blank names nothing, as an unset variable leaves it.
 * @param flag what it was typed behind.
 * @throws UsageError
 */
export function parseName(value: string, noun: CredentialNoun, flag = '--name'): string {
  if (value.trim() === '') throw new UsageError(`${flag} is empty: it takes the name of a ${noun.words.short}.`);
  return value;
}
