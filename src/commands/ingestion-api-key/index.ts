import { deleteVerb } from '../credentials/delete.ts';
import { getVerb } from '../credentials/get.ts';
import { listVerb } from '../credentials/list.ts';
import { ingestionApiKeys } from '../nouns.ts';
import type { Noun } from '../verb.ts';
import { ownVerbs } from './own.ts';

export const ingestionApiKeyNoun: Noun = {
  name: 'ingestion-api-key',
  summary: 'Manage API Keys used by ingestion pipelines',
  // The slips in this sentence are the reference's own, and users know it by them.
  description:
    'Manage API Keys used by ingestion pipelines, means data (spans, metrics, logs an so on) send by STS Agent, OTel and so on.',
  verbs: [...ownVerbs, deleteVerb(ingestionApiKeys), getVerb(ingestionApiKeys), listVerb(ingestionApiKeys)],
};
