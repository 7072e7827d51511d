import { Command } from 'commander';
import { ExitCode } from '../../errors.ts';
import type { Factory } from '../../factory.ts';
import { describeVerb } from '../../help.ts';
import type { Dispatch } from '../../program.ts';
import { fileExitCodes, parseContextName, readConfig } from './shared.ts';

export interface DeleteOptions {
  readonly name: string;
}

const examples = `  # the current context cannot be deleted, so choose another first
  sts context set --name prod
  sts context delete --name test`;

export function deleteCommand(dispatch: Dispatch): Command {
  const command = new Command('delete')
    .description('Delete a context from the config file')
    .requiredOption('-n, --name <name>', 'name of the context', parseContextName)
    .action((options: DeleteOptions) => dispatch(command, (factory) => runDelete(options, factory)));
  return describeVerb(command, { examples, exitCodes: [...fileExitCodes, ExitCode.notFound] });
}

/** Deletes a context. @throws NotFoundError when there is no such context, UsageError when it is the current one. */
export async function runDelete({ name }: DeleteOptions, factory: Factory): Promise<undefined> {
  const { printer, runtime } = factory;
  const { deleteContext } = await import('../../config/write.ts');
  const { path } = await readConfig(factory);
  // From here on a signal waits until the file is written and its lock is gone.
  runtime.interrupt.throwIfAborted();
  await deleteContext(path, name, (line) => void printer.warn(line));
  await printer.result({ text: printer.success(`Deleted context '${name}'`), json: { 'deleted context': name } });
  return undefined;
}
