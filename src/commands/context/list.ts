import { Command } from 'commander';
import { describeVerb } from '../../cli/help.ts';
import type { Dispatch } from '../../cli/program.ts';
import type { Session } from '../../cli/session.ts';
import { contextDocument, fileExitCodes, maskedUrl, readConfig } from './shared.ts';

export interface ListOptions {
  readonly showTokens?: boolean;
}

const examples = `  # a table of the contexts, the current one marked with *
  sts context list

  # their names, for a script
  sts context list -o json | jq -r '.contexts[].name'`;

export function listCommand(dispatch: Dispatch): Command {
  const command = new Command('list')
    .description('List the contexts of the config file')
    .option('--show-tokens', 'show the tokens in JSON instead of masking them')
    .action((options: ListOptions) => dispatch(command, (session) => runList(options, session)));
  return describeVerb(command, { examples, exitCodes: fileExitCodes });
}

/** Lists the contexts in the file's order, the file's current one marked in a last column without a title. */
export async function runList({ showTokens }: ListOptions, session: Session): Promise<undefined> {
  const { printer } = session;
  const { contexts, currentContext, path } = await readConfig(session);
  const json = { contexts: contexts.map(({ name, context }) => ({ name, context: contextDocument(context, showTokens) })) };
  if (printer.output === 'json') {
    await printer.result({ text: '', json });
    return undefined;
  }
  if (contexts.length === 0) {
    await printer.result({ text: 'No contexts found.\n', json });
    await printer.note(
      `There are none in ${path}. Save one: sts context save --name NAME --url https://stackstate.example.com --service-token -`,
    );
    return undefined;
  }
  const { renderTable } = await import('../../output/table.ts');
  const rows = contexts.map(({ name, context }) => [
    name,
    showTokens ? context.url : maskedUrl(context.url),
    name === currentContext ? '*' : '',
  ]);
  const width = printer.width === undefined ? {} : { width: printer.width };
  await printer.result({ text: await renderTable(['NAME', 'URL', ''], rows, width), json });
  return undefined;
}
