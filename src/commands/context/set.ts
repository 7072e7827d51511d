import { Command } from 'commander';
import { describeVerb } from '../../cli/help.ts';
import type { Dispatch } from '../../cli/program.ts';
import type { Session } from '../../cli/session.ts';
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
    .action((options: SetOptions) => dispatch(command, (session) => runSet(options, session)));
  return describeVerb(command, { examples, exitCodes: changeExitCodes });
}

/** Makes a context the current one. @throws UsageError when none is named, NotFoundError when there is no such context. */
export async function runSet(options: SetOptions, session: Session): Promise<undefined> {
  const { printer, runtime, globals } = session;
  const name = demandedContext(options.name, globals);
  const { setCurrentContext } = await import('../../config/write.ts');
  const { path } = await readConfig(session);
  // From here on a signal waits until the file is written and its lock is gone.
  runtime.interrupt.throwIfAborted();
  await setCurrentContext(path, name, (line) => void printer.warn(line));
  await printer.result({ text: printer.success(`Current context set to ${name}`), json: { 'current-context': name } });
  return undefined;
}
