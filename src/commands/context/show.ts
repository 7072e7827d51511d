import { Command } from 'commander';
import { ExitCode } from '../../errors.ts';
import { visible } from '../../escape.ts';
import type { Factory } from '../../factory.ts';
import { describeVerb } from '../../help.ts';
import type { Dispatch } from '../../program.ts';
import { contextDocument, currentContext, fileExitCodes } from './shared.ts';

export interface ShowOptions {
  readonly showTokens?: boolean;
}

const examples = `  # the name of the context that commands use
  sts context show

  # its URL, for a script
  sts context show -o json | jq -r '."current-context".url'`;

export function showCommand(dispatch: Dispatch): Command {
  const command = new Command('show')
    .description('Show the context that commands use: --context, else STS_CLI_CONTEXT, else the current one of the config file')
    .summary('Show the current context')
    .option('--show-tokens', 'show the tokens in JSON instead of masking them')
    .action((options: ShowOptions) => dispatch(command, (factory) => runShow(options, factory)));
  return describeVerb(command, { examples, exitCodes: [...fileExitCodes, ExitCode.notFound] });
}

/** Shows the current context. @throws NotFoundError when there is none. */
export async function runShow({ showTokens }: ShowOptions, factory: Factory): Promise<undefined> {
  const { name, context } = await currentContext(factory);
  await factory.printer.result({
    text: `${visible(name)}\n`,
    json: { name, 'current-context': contextDocument(context, showTokens) },
  });
  return undefined;
}
