import { ExitCode } from '../../errors.ts';
import { fileExitCodes } from '../exit-codes.ts';
import { type Outcome, type Session, verb } from '../verb.ts';
import { contextDocument, maskedUrl, readConfig, showTokensFlag } from './shared.ts';

export interface ListOptions {
  readonly showTokens?: boolean;
}

export const listVerb = verb<ListOptions>({
  name: 'list',
  summary: 'List the contexts of the config file',
  flags: { showTokens: showTokensFlag },
  examples: `  # a table of the contexts, the current one marked with *
  sts context list

  # their names, for a script
  sts context list -q`,
  exitCodes: [...fileExitCodes, ExitCode.readerGone],
  run: list,
});

/** Lists the contexts in the file's order, the file's current one marked in a last column without a title. */
async function list({ showTokens = false }: ListOptions, session: Session): Promise<Outcome> {
  const { contexts, currentContext, path } = await readConfig(session);
  return {
    data: { contexts: contexts.map(({ name, context }) => ({ name, context: contextDocument(context, showTokens) })) },
    async text({ width }) {
      if (contexts.length === 0) return 'No contexts found.\n';
      const { renderTable } = await import('../../output/table.ts');
      const rows = contexts.map(({ name, context }) => [
        name,
        showTokens ? context.url : maskedUrl(context.url),
        name === currentContext ? '*' : '',
      ]);
      return renderTable(['NAME', 'URL', ''], rows, width === undefined ? {} : { width });
    },
    values: contexts.map(({ name }) => name),
    notes:
      contexts.length > 0
        ? []
        : [
            `There are none in ${path}. Save one: sts context save --name NAME --url https://stackstate.example.com --service-token -`,
          ],
  };
}
