import { Command } from 'commander';
import { describeVerb } from '../../cli/help.ts';
import type { Dispatch } from '../../cli/program.ts';
import type { Session } from '../../cli/session.ts';
import { changeExitCodes, demandedContext, parseNameFlag, readConfig } from './shared.ts';

export interface DeleteOptions {
  /** Absent where `--name` was not given; `--context` names it then. */
  readonly name?: string;
}

const examples = `  # the current context cannot be deleted, so choose another first
  sts context set --name prod
  sts context delete --name test`;

export function deleteCommand(dispatch: Dispatch): Command {
  const command = new Command('delete')
    .description('Delete a context from the config file')
    .option('-n, --name <name>', 'name of the context (required, unless --context names it)', parseNameFlag)
    .action((options: DeleteOptions) => dispatch(command, (session) => runDelete(options, session)));
  return describeVerb(command, { examples, exitCodes: changeExitCodes });
}

/** Deletes a context. @throws UsageError when none is named, or the current one; NotFoundError when there is no such context. */
export async function runDelete(options: DeleteOptions, session: Session): Promise<undefined> {
  const { printer, runtime, globals } = session;
  const name = demandedContext(options.name, globals);
  const { deleteContext } = await import('../../config/write.ts');
  const { path } = await readConfig(session);
  // From here on a signal waits until the file is written and its lock is gone.
  runtime.interrupt.throwIfAborted();
  await deleteContext(path, name, (line) => void printer.warn(line));
  await printer.result({ text: printer.success(`Deleted context '${name}'`), json: { 'deleted context': name } });
  return undefined;
}
