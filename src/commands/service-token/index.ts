import { deleteVerb } from '../credentials/delete.ts';

<<<<<<< HEAD

import { listVerb } from '../credentials/list.ts';
import { serviceTokens } from '../nouns.ts';
import type { Noun } from '../verb.ts';
import { ownVerbs } from './own.ts';

export const serviceTokenNoun: Noun = {
  name: 'service-token',
  summary: 'Manage service tokens',
  description: 'Manage service tokens, with which agents, collectors and other programs authenticate.',
  verbs: [...ownVerbs, deleteVerb(serviceTokens), listVerb(serviceTokens)],
=======

import { getVerb } from '../credentials/get.ts';
import { listVerb } from '../credentials/list.ts';
import { serviceTokens } from '../nouns.ts';
import type { Noun } from '../verb.ts';

export const serviceTokenNoun: Noun = {
  name: 'service-token',
  summary: 'Manage service tokens for API authentication',
  description:
    'Manage service tokens, which agents, collectors and programs authenticate with. They take the place of ingestion API keys on platforms from 2.3.6 on.',
  verbs: [deleteVerb(serviceTokens), getVerb(serviceTokens), listVerb(serviceTokens)],
>>>>>>> cli
};
