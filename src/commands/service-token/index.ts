import { deleteVerb } from '../credentials/delete.ts';
import { getVerb } from '../credentials/get.ts';
import { listVerb } from '../credentials/list.ts';
import { namingOtherKind } from '../credentials/other-kind.ts';
import { serviceTokens } from '../nouns.ts';
import type { Verb } from '../verb.ts';
import { ownVerbs } from './own.ts';

export const serviceTokenVerbs: readonly Verb[] = [
  ...ownVerbs,
  deleteVerb(serviceTokens),
  getVerb(serviceTokens),
  listVerb(serviceTokens),
].map(namingOtherKind);
