import { deleteVerb } from '../credentials/delete.ts';
import { getVerb } from '../credentials/get.ts';
import { listVerb } from '../credentials/list.ts';
import { serviceTokens } from '../nouns.ts';
import type { Noun } from '../verb.ts';
import { ownVerbs } from './own.ts';

export const serviceTokenNoun: Noun = {
  name: 'service-token',
  summary: 'Manage service tokens for API authentication',
  description:
    'Manage service tokens, which agents, collectors and programs authenticate with. They take the place of ingestion API keys on platforms from 2.3.6 on.',
  verbs: [...ownVerbs, deleteVerb(serviceTokens), getVerb(serviceTokens), listVerb(serviceTokens)],
};
