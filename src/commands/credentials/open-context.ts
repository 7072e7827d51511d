import type { Destination } from '../../credentials/ports.ts';
import { UsageError } from '../../errors.ts';
import { shellWord } from '../../shell-word.ts';
import type { Session } from '../verb.ts';

/**
 * `--save-context`: the service token that the context in use holds.
 * @throws UsageError (exit 3) where no context is in use, or it holds a token of another kind.
 */
export async function openContext(session: Session): Promise<Destination> {
  const { world, progress } = session;
  const { contextName: name, url } = await session.settings();
  if (name === undefined) {
    throw new UsageError(
      '--save-context has no context whose token it could replace: the URL and the token come from elsewhere.',
      {
        hints: [
          'Name the context: --context NAME',
          'Or save one first: sts context save --name NAME --url URL --service-token -',
        ],
      },
    );
  }
  const [{ ContextDestination }, { replaceToken, tokenOf }, { writableTarget }, { openConfigFile }, { parseUrl }, disk, path] =
    await Promise.all([
      import('../../destinations/context.ts'),
      import('../../config/store.ts'),
      import('../../config/replace.ts'),
      import('../../config/file.ts'),
      import('../../config/url.ts'),
      world.disk(),
      session.configPath(),
    ]);
  const target = await writableTarget(disk, path);
  const { contexts } = await openConfigFile(target, disk);
  const own = contexts.find((candidate) => candidate.name === name)?.context.url ?? '';
  if (own === '' || parseUrl(own, `the context ${JSON.stringify(name)}`).url !== url) {
    throw new UsageError(
      `The token would be one of ${url}, and the context ${JSON.stringify(name)} is about ${own === '' ? 'no server' : 'another server'}.`,
      { hints: [`Leave out what names another server (--url, STS_CLI_URL), or name the context: --context ${shellWord(name)}`] },
    );
  }
  const stored = await tokenOf(disk, target, name);
  if (stored !== undefined && stored.kind !== 'service-token') {
    throw new UsageError(`The context ${JSON.stringify(name)} holds no service token but another one (${stored.kind}).`, {
      hints: [`Save a service token in it first: sts context save --name ${shellWord(name)} --url URL --service-token -`],
    });
  }
  const warn = (sentence: string) => progress.warn(sentence);
  const access = { disk, sleep: world.sleep, warn: (line: string) => void warn(line) };
  return new ContextDestination({
    disk,
    warn,
    token: {
      path: target,
      name,
      read: async () => (await tokenOf(disk, target, name))?.value,
      replace: (old, value) => replaceToken(access, target, name, old, value),
    },
  });
}
