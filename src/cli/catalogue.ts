import { completionNoun } from '../commands/completion.ts';
import { contextNoun } from '../commands/context/index.ts';
import { ingestionApiKeyNoun } from '../commands/ingestion-api-key/index.ts';
import { serviceTokenNoun } from '../commands/service-token/index.ts';
import type { Program } from '../commands/verb.ts';
import { versionVerb } from '../commands/version.ts';

/** All commands of the program. */
export const catalogue: Program = {
  name: 'sts',
  summary: 'StackState CLI for ingestion API keys and service tokens',
  description: 'StackState CLI for ingestion API keys and service tokens.',
  verbs: [versionVerb],
  nouns: [ingestionApiKeyNoun, serviceTokenNoun, contextNoun, completionNoun(() => catalogue)],
};
