import { type ErrorDetails, NotFoundError } from '../errors.ts';
import { nearest } from '../nearest.ts';

/**
 * The error for a context that is not in the file: it names the nearest one there is.
 * @param origin what asked for it, such as `--context` or `STS_CLI_CONTEXT`; absent where the user just typed it.
 */
export function unknownContext(name: string, names: readonly string[], path: string, origin?: string): NotFoundError {
  const asked = origin === undefined ? '' : ` (${origin})`;
  const near = nearest(name, names);
  const details: ErrorDetails = {
    hints: [
      ...(near === undefined ? [] : [`Did you mean ${JSON.stringify(near)}?`]),
      names.length === 0
        ? 'Save one: sts context save --name NAME --url https://stackstate.example.com --service-token -'
        : 'See the contexts there are: sts context list',
    ],
  };
  return new NotFoundError(`There is no context ${JSON.stringify(name)}${asked} in ${path}.`, details);
}
