import type { FoundToken } from '../../config/token.ts';
import { ExitCode } from '../../errors.ts';
import { requestExitCodes } from '../exit-codes.ts';
import { type Outcome, type Session, verb } from '../verb.ts';
import { contextDocument, namedContext, nameFlag, saySources } from './shared.ts';

export interface SaveOptions {
  /** Absent where `--name` was not given. */
  readonly name?: string;
  readonly apiPath?: string;
  readonly skipValidate?: boolean;
}

export const saveVerb = verb<SaveOptions>({
  name: 'save',
  summary: 'Save a context and make it the current one',
  description: 'Save a connection to StackState as a context and make it the current one. Needs --url and one token.',
  flags: {
    name: nameFlag('name of the context (default: the one --context names, else "default")'),
    apiPath: { long: 'api-path', value: 'path', help: 'path of the API under the URL (default "/api")' },
    skipValidate: { long: 'skip-validate', help: 'save without asking the server' },
  },
  examples: `  # save a connection and make it the current one; the token is read from stdin
  sts context save --name prod --url https://stackstate.example.com --service-token - < token.txt

  # on a terminal a missing token is asked for, without echo
  sts context save --name prod --url https://stackstate.example.com

  # a server whose certificate is issued by a CA of your own
  sts context save --name test --url https://test.example.com --api-token - --ca-cert-path ca.pem < token.txt`,
  exitCodes: requestExitCodes.filter((code) => code !== ExitCode.notFound),
  run: save,
});

/**
 * Saves what the global flags and the environment say as a context, after the server has accepted it. A context of that
 * name is replaced. When anything fails, nothing is saved.
 * @throws UsageError when `--name` and `--context` differ, ConfigError without URL or token, and what `server.info` throws.
 */
async function save(options: SaveOptions, session: Session): Promise<Outcome> {
  const { world, progress, globals } = session;
  const name = namedContext(options.name, globals) ?? 'default';
  const [{ resolveGiven }, { openConfigFile }, { saveContext }] = await Promise.all([
    import('../../config/settings.ts'),
    import('../../config/file.ts'),
    import('../../config/write.ts'),
  ]);
  const path = await session.configPath();
  // A file that could not be changed afterwards is refused before anything is asked or sent.
  await openConfigFile(path);
  const { settings, context } = await resolveGiven({
    globals,
    env: world.env,
    home: world.home,
    resolvePath: world.resolvePath,
    readStdin: session.readSecret,
    warn: (line) => void progress.warn(line),
    askToken: () => askToken(session),
    ...(options.apiPath === undefined ? {} : { apiPath: options.apiPath }),
  });
  saySources(session, settings);
  if (options.skipValidate !== true) {
    const api = await session.apiFor(settings);
    await progress.waiting('Asking the server', () => api.server.info({ signal: world.interrupt }));
  }
  // From here on a signal waits until the file is written and its lock is gone.
  world.interrupt.throwIfAborted();
  await saveContext(path, name, context, (line) => void progress.warn(line));
  return {
    data: { 'current-context': name, context: contextDocument(context) },
    text: ({ success }) => success(`Saved context: '${name}'`),
  };
}

/** On a terminal a missing token is asked for; elsewhere there is nobody to ask. */
async function askToken(session: Session): Promise<FoundToken | undefined> {
  if (!session.world.stdin.isTTY) return undefined;
  const { cleanToken } = await import('../../config/token.ts');
  const answer = await session.readSecret('API token: ');
  return { token: cleanToken('api-token', answer, 'the terminal'), source: 'terminal' };
}
