import { ExitCode } from '../../errors.ts';
import { visible } from '../../escape.ts';
import { fileExitCodes } from '../exit-codes.ts';
import { type Outcome, type Session, verb } from '../verb.ts';
import { contextDocument, currentContext, showTokensFlag } from './shared.ts';

export interface ShowOptions {
  readonly showTokens?: boolean;
}

export const showVerb = verb<ShowOptions>({
  name: 'show',
  summary: 'Show the current context',
  description: 'Show the context that commands use: --context, else STS_CLI_CONTEXT, else the current one of the config file',
  flags: { showTokens: showTokensFlag },
  examples: `  # the name of the context that commands use
  sts context show

  # its URL, for a script
  sts context show -o json | jq -r '."current-context".url'`,
  exitCodes: [...fileExitCodes, ExitCode.notFound],
  run: show,
});

/** Shows the current context. @throws NotFoundError when there is none. */
async function show({ showTokens }: ShowOptions, session: Session): Promise<Outcome> {
  const { name, context } = await currentContext(session);
  return { data: { name, 'current-context': contextDocument(context, showTokens) }, text: () => `${visible(name)}\n` };
}
