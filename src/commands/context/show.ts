import { Command } from 'commander';
import { describeVerb } from '../../cli/help.ts';
import type { Dispatch } from '../../cli/program.ts';
import type { Session } from '../../cli/session.ts';
import { ExitCode } from '../../errors.ts';
import { visible } from '../../escape.ts';
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
    .action((options: ShowOptions) => dispatch(command, (session) => runShow(options, session)));
  return describeVerb(command, { examples, exitCodes: [...fileExitCodes, ExitCode.notFound] });
}

/** Shows the current context. @throws NotFoundError when there is none. */
export async function runShow({ showTokens }: ShowOptions, session: Session): Promise<undefined> {
  const { name, context } = await currentContext(session);
  await session.printer.result({
    text: `${visible(name)}\n`,
    json: { name, 'current-context': contextDocument(context, showTokens) },
  });
  return undefined;
}
