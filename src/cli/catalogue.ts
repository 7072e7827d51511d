import { completionNoun } from '../commands/completion.ts';
import { contextNoun } from '../commands/context/index.ts';
import { ingestionApiKeyNoun } from '../commands/ingestion-api-key/index.ts';
import type { Program } from '../commands/verb.ts';
import { versionVerb } from '../commands/version.ts';

/** All commands of the program. */
export const catalogue: Program = {
  name: 'sts',
  summary: 'StackState CLI for ingestion API keys',
  description: 'StackState CLI for ingestion API keys.',
  verbs: [versionVerb],
  nouns: [ingestionApiKeyNoun, contextNoun, completionNoun(() => catalogue)],
};
