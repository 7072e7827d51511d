import type { Noun } from '../verb.ts';
import { deleteVerb } from './delete.ts';
import { listVerb } from './list.ts';
import { saveVerb } from './save.ts';
import { setVerb } from './set.ts';
import { showVerb } from './show.ts';
import { validateVerb } from './validate.ts';

export const contextNoun: Noun = {
  name: 'context',
  summary: 'Manage the connections to StackState that the config file holds',
  description: 'Manage the connections to StackState that the config file holds',
  verbs: [saveVerb, listVerb, showVerb, setVerb, deleteVerb, validateVerb],
};
