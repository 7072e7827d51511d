import { join } from 'node:path';
import { UsageError } from '../errors.ts';

/**
 * Replaces a leading `~` in a path by the home folder. Shells do not replace it in `--config=~/sts.yaml`.
 * @throws UsageError for the home folder of another user, which only a shell knows, and when no home folder is known.
 */
export function expandHome(path: string, home: string | undefined): string {
  if (!/^~(?:$|[^/]*\/)/.test(path)) return path;
  const [user = '', ...rest] = path.split('/');
  if (user === '~' && home !== undefined && home !== '') return join(home, ...rest);
  const reason = user === '~' ? 'no home folder is known' : `the home folder ${user} is not known here`;
  throw new UsageError(`The path ${JSON.stringify(path)} cannot be used: ${reason}.`, {
    hints: [`Write the whole path, or ${JSON.stringify(`./${path}`)} for a file of that name in this folder.`],
  });
}
