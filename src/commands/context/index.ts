import type { Verb } from '../verb.ts';
import { deleteVerb } from './delete.ts';
import { listVerb } from './list.ts';
import { saveVerb } from './save.ts';
import { setVerb } from './set.ts';
import { showVerb } from './show.ts';
import { validateVerb } from './validate.ts';

export const contextVerbs: readonly Verb[] = [saveVerb, listVerb, showVerb, setVerb, deleteVerb, validateVerb];
