import { UsageError } from '../../errors.ts';
import { parseId } from '../../ids.ts';
import type { CredentialNoun } from '../nouns.ts';
import type { Flag } from '../verb.ts';

/** `-n, --name` */
export function nameFlag(noun: CredentialNoun, help: string): Flag<string> {
  return { long: 'name', short: 'n', value: 'name', help, parse: (text) => parseName(text, noun) };
}

/**
 * A name: one that is empty or blank names nothing, as an unset variable leaves it.
 * @param flag what it was typed behind.
 * @throws UsageError
 */
export function parseName(text: string, { words }: CredentialNoun, flag = '--name'): string {
  if (text.trim() === '') throw new UsageError(`${flag} is empty: it takes the name of a ${words.short}.`);
  return text;
}

export function idFlag({ words }: CredentialNoun, help: string): Flag<bigint> {
  return { long: 'id', short: 'i', value: 'id', help, parse: (text) => parseId(text, '--id', words) };
}
