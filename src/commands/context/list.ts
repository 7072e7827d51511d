import type { Context } from '../../config/model.ts';
import { namesWith, SETTINGS } from '../../config/table.ts';
import { ExitCode } from '../../errors.ts';
import { visible } from '../../escape.ts';
import { fileExitCodes } from '../exit-codes.ts';
import { type Outcome, type Session, verb } from '../verb.ts';
import { contextDocument, maskedUrl, readConfig, SAVE_EXAMPLE, showTokensFlag } from './shared.ts';

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

/** Lists the contexts in the file's order. Only a terminal shows which one is current: a script counts on two columns. */
async function list({ showTokens = false }: ListOptions, session: Session): Promise<Outcome> {
  const { contexts, currentContext, path } = await readConfig(session);
  return {
    data: { contexts: contexts.map(({ name, context }) => ({ name, context: contextDocument(context, showTokens) })) },
    async text({ width, wide }) {
      if (contexts.length === 0) return 'No contexts found.\n';
      const { renderTable } = await import('../../output/table.ts');
      const rows = contexts.map(({ name, context }) => [
        name,
        showTokens ? context.url : maskedUrl(context.url),
        ...(wide ? [tokenKinds(context)] : []),
        ...(width === undefined ? [] : [name === currentContext ? '*' : '']),
      ]);
      const header = ['NAME', 'URL', ...(wide ? ['TOKEN'] : []), ...(width === undefined ? [] : [''])];
      // Whoever copies a URL from the screen wants all of it.
      const whole = header.map((title) => title === 'URL');
      return renderTable(header, rows, { whole, ...(width === undefined ? {} : { width }) });
    },
    values: contexts.map(({ name }) => visible(name)),
    notes: contexts.length > 0 ? [] : [`There are none in ${path}. Save one: ${SAVE_EXAMPLE}`],
  };
}

/** `api-token`, `service-token` or `k8s-sa-token`; `-` where a context has none, and all of them where it has more than one by mistake. */
function tokenKinds(context: Context): string {
  const kinds = namesWith('token').flatMap((member) => (context[member] === undefined ? [] : [SETTINGS[member].token]));
  return [...new Set(kinds)].join(' ') || '-';
}
