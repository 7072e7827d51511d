import { ConfigError } from '../errors.ts';
import type { GlobalOptions } from './model.ts';
import type { Selection } from './select.ts';

const SAVE_EXAMPLE = 'sts context save --name NAME --url https://stackstate.example.com --service-token -';

/** Where a missing setting was looked for: the flags, and the context of the file. */
export interface Searched {
  readonly globals: GlobalOptions;
  readonly selection: Selection;
  /** Whether a flag chose the context, so that variables for URL and token are ignored. */
  readonly byFlag: boolean;
}

/** The error for a command that has no URL. */
export function missingUrl(searched: Searched): ConfigError {
  const { file, context } = searched.selection;
  const message =
    file === undefined || context === undefined
      ? 'No StackState URL is configured.'
      : `The context ${JSON.stringify(context.name)} in ${file.path} has no URL.`;
  return new ConfigError(message, {
    hints: [
      ...contextHints(searched, 'https://stackstate.example.com'),
      searched.byFlag ? 'Or give --url.' : 'Or set STS_CLI_URL and STS_CLI_SERVICE_TOKEN.',
    ],
  });
}

/**
 * The error for a command that has no token.
 * @param podTokenPath the path of the pod's own token; undefined outside a cluster.
 */
export function missingToken(url: string, searched: Searched, podTokenPath: string | undefined): ConfigError {
  const { file, context } = searched.selection;
  const where =
    file === undefined || context === undefined ? '' : `: the context ${JSON.stringify(context.name)} in ${file.path} has none`;
  const pod =
    podTokenPath === undefined ? [] : [`The pod's own token was expected in ${podTokenPath}, but that file does not exist.`];
  return new ConfigError(`No token is configured for ${url}${where}.`, {
    hints: [
      ...pod,
      ...contextHints(searched, url),
      searched.byFlag ? 'Or give --service-token -, or --api-token -.' : 'Or set STS_CLI_SERVICE_TOKEN, or STS_CLI_API_TOKEN.',
    ],
  });
}

/** Hints for a complete context: complete the one in use, choose another, or save a first one. */
function contextHints({ globals, selection: { file, context } }: Searched, url: string): string[] {
  if (file !== undefined && context !== undefined) {
    const config = globals.config === undefined ? '' : ` --config ${JSON.stringify(file.path)}`;
    return [`Complete it: sts context save${config} --name ${JSON.stringify(context.name)} --url ${url} --service-token -`];
  }
  const first = file?.contexts[0];
  const choose = first === undefined ? [] : [`Choose a saved context: sts context set --name ${JSON.stringify(first.name)}`];
  return [...choose, `Save a context: ${SAVE_EXAMPLE}`];
}
