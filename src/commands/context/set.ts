import { Command } from 'commander';
import { ExitCode } from '../../errors.ts';
import type { Factory } from '../../factory.ts';
import { describeVerb } from '../../help.ts';
import type { Dispatch } from '../../program.ts';
import { fileExitCodes, parseContextName, readConfig } from './shared.ts';

export interface SetOptions {
  readonly name: string;
}

const examples = `  # use the context prod from now on
  sts context set --name prod`;

export function setCommand(dispatch: Dispatch): Command {
  const command = new Command('set')
    .description('Make a context the current one')
    .requiredOption('-n, --name <name>', 'name of the context', parseContextName)
    .action((options: SetOptions) => dispatch(command, (factory) => runSet(options, factory)));
  return describeVerb(command, { examples, exitCodes: [...fileExitCodes, ExitCode.notFound] });
}

/** Makes a context the current one. @throws NotFoundError when there is no such context. */
export async function runSet({ name }: SetOptions, factory: Factory): Promise<undefined> {
  const { printer, runtime } = factory;
  const { setCurrentContext } = await import('../../config/write.ts');
  const { path } = await readConfig(factory);
  // From here on a signal waits until the file is written and its lock is gone.
  runtime.interrupt.throwIfAborted();
  await setCurrentContext(path, name, (line) => void printer.warn(line));
  await printer.result({ text: printer.success(`Current context set to ${name}`), json: { 'current-context': name } });
  return undefined;
}
