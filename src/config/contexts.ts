import { type ErrorDetails, NotFoundError } from '../errors.ts';
import { nearest } from '../nearest.ts';

/**
 * The error for a context that is not in the file. Its hint names the nearest one.
 * @param origin the setting that named the context, such as `--context` or `STS_CLI_CONTEXT`; absent if it was an argument of the command
 * itself.
 */
export function unknownContext(name: string, names: readonly string[], path: string, origin?: string): NotFoundError {
  const asked = origin === undefined ? '' : ` (${origin})`;
  const near = nearest(name, names);
  const details: ErrorDetails = {
    hints: [
      ...(near === undefined ? [] : [`Did you mean ${JSON.stringify(near)}?`]),
      names.length === 0
        ? 'Save one: sts context save --name NAME --url https://stackstate.example.com --service-token -'
        : 'See which contexts exist: sts context list',
    ],
  };
  return new NotFoundError(`There is no context ${JSON.stringify(name)}${asked} in ${path}.`, details);
}
