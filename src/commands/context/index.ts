import { Command } from 'commander';
import type { Dispatch } from '../../cli/program.ts';
import { deleteCommand } from './delete.ts';
import { listCommand } from './list.ts';
import { saveCommand } from './save.ts';
import { setCommand } from './set.ts';
import { showCommand } from './show.ts';
import { validateCommand } from './validate.ts';

/** @param withVerbs false where only the noun's own name and description are needed. */
export function contextCommand(dispatch: Dispatch, withVerbs = true): Command {
  const noun = new Command('context')
    .description('Manage the connections to StackState that the config file holds')
    .helpCommand(false)
    .action(() => noun.help());
  if (!withVerbs) return noun;
  for (const verb of [saveCommand, listCommand, showCommand, setCommand, deleteCommand, validateCommand])
    noun.addCommand(verb(dispatch));
  return noun;
}
