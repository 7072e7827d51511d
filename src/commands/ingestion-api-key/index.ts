import { Command } from 'commander';
import type { Dispatch } from '../../cli/program.ts';
import { createCommand } from './create.ts';
import { deleteCommand } from './delete.ts';
import { listCommand } from './list.ts';
import { rotateCommand } from './rotate.ts';
import { verifyCommand } from './verify.ts';

/** @param withVerbs false where only the noun's own name and description are needed. */
export function ingestionApiKeyCommand(dispatch: Dispatch, withVerbs = true): Command {
  const noun = new Command('ingestion-api-key')
    .description(
      'Manage API Keys used by ingestion pipelines, means data (spans, metrics, logs an so on) send by STS Agent, OTel and so on.',
    )
    .summary('Manage API Keys used by ingestion pipelines')
    .helpCommand(false)
    .action(() => noun.help());
  if (!withVerbs) return noun;
  for (const verb of [createCommand, deleteCommand, listCommand, rotateCommand, verifyCommand]) noun.addCommand(verb(dispatch));
  return noun;
}
