import { UsageError } from '../../errors.ts';
import { parseId } from '../../ids.ts';
import type { CredentialNoun } from '../nouns.ts';
import type { Flag } from '../verb.ts';

/** `--name`: one that is empty or blank names nothing. */
export function nameFlag({ words }: CredentialNoun, help: string): Flag<string> {
  return {
    long: 'name',
    short: 'n',
    value: 'name',
    help,
    parse(text) {
      if (text.trim() === '') throw new UsageError(`--name is empty: it takes the name of a ${words.short}.`);
      return text;
    },
  };
}

export function idFlag({ words }: CredentialNoun, help: string): Flag<bigint> {
  return { long: 'id', short: 'i', value: 'id', help, parse: (text) => parseId(text, '--id', words) };
}
