import type { GlobalOptions } from '../../config/model.ts';
import { shellWord } from '../../shell-word.ts';

/**
 * The flags that brought this command to its server, for the commands in its hints: without them a command that is copied would reach the
 * current context, where the same id may be another credential. Tokens are left out.
 * @returns with a blank in front; empty where no flag named the server.
 */
export function serverFlags({ context, url, config }: Pick<GlobalOptions, 'context' | 'url' | 'config'>): string {
  const given = [
    ['--context', context],
    ['--url', url],
    ['--config', config],
  ] as const;
  return given
    .flatMap(([flag, value]) => (value === undefined ? [] : [` ${flag} ${shellWord(withoutPassword(value))}`]))
    .join('');
}

function withoutPassword(value: string): string {
  return value.replace(/^(\w+:\/\/)[^/@]*@/, '$1');
}
