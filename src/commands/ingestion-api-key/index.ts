import { deleteVerb } from '../credentials/delete.ts';
import { getVerb } from '../credentials/get.ts';
import { listVerb } from '../credentials/list.ts';
import { namingOtherKind } from '../credentials/other-kind.ts';
import { ingestionApiKeys } from '../nouns.ts';
import type { Verb } from '../verb.ts';
import { ownVerbs } from './own.ts';

export const ingestionApiKeyVerbs: readonly Verb[] = [
  ...ownVerbs,
  deleteVerb(ingestionApiKeys),
  getVerb(ingestionApiKeys),
  listVerb(ingestionApiKeys),
].map(namingOtherKind);
