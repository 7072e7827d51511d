import { deleteVerb } from '../credentials/delete.ts';
import { listVerb } from '../credentials/list.ts';
import { serviceTokens } from '../nouns.ts';
import type { Noun } from '../verb.ts';
import { ownVerbs } from './own.ts';

export const serviceTokenNoun: Noun = {
  name: 'service-token',
  summary: 'Manage service tokens',
  description: 'Manage service tokens, with which agents, collectors and other programs authenticate.',
  verbs: [...ownVerbs, deleteVerb(serviceTokens), listVerb(serviceTokens)],
};
