import { deleteVerb } from '../credentials/delete.ts';
import { getVerb } from '../credentials/get.ts';
import { listVerb } from '../credentials/list.ts';
import { ingestionApiKeys } from '../nouns.ts';
import type { Verb } from '../verb.ts';
import { createVerb } from './create.ts';
import { rotateVerb } from './rotate.ts';
import { verifyVerb } from './verify.ts';

export const ingestionApiKeyVerbs: readonly Verb[] = [
  createVerb,
  deleteVerb(ingestionApiKeys),
  getVerb(ingestionApiKeys),
  listVerb(ingestionApiKeys),
  rotateVerb,
  verifyVerb,
];
