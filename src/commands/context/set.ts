import { Command } from 'commander';
import type { Factory } from '../../factory.ts';
import { describeVerb } from '../../help.ts';
import type { Dispatch } from '../../program.ts';
import { changeExitCodes, demandedContext, parseNameFlag, readConfig } from './shared.ts';

export interface SetOptions {
  /** Absent where `--name` was not given; `--context` names it then. */
  readonly name?: string;
}

const examples = `  # use the context prod from now on
  sts context set --name prod`;

export function setCommand(dispatch: Dispatch): Command {
  const command = new Command('set')
    .description('Make a context the current one')
    .option('-n, --name <name>', 'name of the context (required, unless --context names it)', parseNameFlag)
    .action((options: SetOptions) => dispatch(command, (factory) => runSet(options, factory)));
  return describeVerb(command, { examples, exitCodes: changeExitCodes });
}

/** Makes a context the current one. @throws UsageError when none is named, NotFoundError when there is no such context. */
export async function runSet(options: SetOptions, factory: Factory): Promise<undefined> {
  const { printer, runtime, globals } = factory;
  const name = demandedContext(options.name, globals);
  const { setCurrentContext } = await import('../../config/write.ts');
  const { path } = await readConfig(factory);
  // From here on a signal waits until the file is written and its lock is gone.
  runtime.interrupt.throwIfAborted();
  await setCurrentContext(path, name, (line) => void printer.warn(line));
  await printer.result({ text: printer.success(`Current context set to ${name}`), json: { 'current-context': name } });
  return undefined;
}
