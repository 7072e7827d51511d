import type { FoundToken } from '../../config/token.ts';
import { ExitCode } from '../../errors.ts';
import { visible } from '../../escape.ts';
import { requestExitCodes } from '../exit-codes.ts';
import { saySources } from '../sources.ts';
import { type Outcome, type Session, verb } from '../verb.ts';
import { connectionVerified, serverInfo } from './connection.ts';
import { configAccess, contextDocument, maskedUrl, namedContext, nameFlag } from './shared.ts';

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
  const [{ resolveGiven }, { openConfigFile }, { checkSave, saveContext }] = await Promise.all([
    import('../../config/settings.ts'),
    import('../../config/file.ts'),
    import('../../config/store.ts'),
  ]);
  const access = await configAccess(session);
  const path = await session.configPath();
  // A file that cannot be read is refused before a token is asked for, and one that cannot be changed before anything is sent.
  await openConfigFile(path, access.disk);
  const { settings, context } = await resolveGiven({
    globals,
    env: world.env,
    home: world.home,
    disk: () => world.disk(),
    resolvePath: world.resolvePath,
    readStdin: session.readSecret,
    warn: (line) => void progress.warn(line),
    askToken: () => askToken(session),
    ...(options.apiPath === undefined ? {} : { apiPath: options.apiPath }),
  });
  saySources(progress, settings);
  await checkSave(access.disk, path, name, context);
  const info = options.skipValidate === true ? undefined : await serverInfo(session, settings);
  // From here on a signal waits until the file is written, unless another sts keeps its lock.
  world.interrupt.throwIfAborted();
  const { replaced } = await saveContext(access, path, name, context);
  return {
    data: { 'current-context': name, context: contextDocument(context) },
    text: ({ success }) => [
      ...(info === undefined ? [] : [success(connectionVerified(settings.url, info))]),
      success(`Saved context: '${name}'`),
      `It is the current context now, for ${settings.url}${replaced === undefined ? '' : `; it replaces ${describe(replaced)}`}\n`,
    ],
  };
}

function describe({ url }: { readonly url: string }): string {
  return url === '' ? 'one of this name without a URL' : `one of this name, for ${visible(url)}`;
}

/** On a terminal a missing token is asked for; elsewhere there is nobody to ask. */
async function askToken(session: Session): Promise<FoundToken | undefined> {
  const { stdin, env } = session.world;
  if (!stdin.isTTY) return undefined;
  const { cleanToken } = await import('../../config/token.ts');
  const url = maskedUrl(session.globals.url ?? env['STS_CLI_URL'] ?? '');
  const answer = await session.readSecret(`${visible(url)} asks for an API token or service token: `);
  const kind = answer.trim().startsWith(SERVICE_TOKEN_PREFIX) ? 'service-token' : 'api-token';
  return { token: cleanToken(kind, answer, 'the terminal'), source: 'terminal' };
}

/** What the platform's service tokens begin with; API tokens begin with anything else. */
const SERVICE_TOKEN_PREFIX = 'svctok-';
