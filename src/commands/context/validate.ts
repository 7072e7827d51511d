import { ExitCode } from '../../errors.ts';
import { requestExitCodes } from '../exit-codes.ts';
import { saySources } from '../sources.ts';
import { type Outcome, type Session, verb } from '../verb.ts';
import { connectionVerified, serverInfo } from './connection.ts';
import { currentContext, nameFlag } from './shared.ts';

export interface ValidateOptions {
  readonly name?: string;
}

export const validateVerb = verb<ValidateOptions>({
  name: 'validate',
  summary: 'Validate a context: connect to its server with its token',
  flags: { name: nameFlag('name of the context (default: the current one)') },
  examples: `  # does the current context work?
  sts context validate

  # does another one?
  sts context validate --name test`,
  exitCodes: [...new Set([...requestExitCodes, ExitCode.notFound])],
  run: validate,
});

// What says which server and as whom is the context's alone here, or the wrong thing would be validated.
const OVERRIDES = [
  'STS_CLI_URL',
  'STS_CLI_API_TOKEN',
  'STS_CLI_SERVICE_TOKEN',
  'STS_CLI_K8S_SA_TOKEN',
  'STS_CLI_K8S_SA_TOKEN_PATH',
  'STS_CLI_API_PATH',
];

/**
 * Connects with a context as it is stored: URL and token of the environment do not count, flags do.
 * @throws NotFoundError when there is no such context, and what `server.info` throws.
 */
async function validate(options: ValidateOptions, session: Session): Promise<Outcome> {
  const { world, progress, globals } = session;
  const contextName = options.name ?? (await currentContext(session)).name;
  const { resolveSettings } = await import('../../config/settings.ts');
  const settings = await resolveSettings({
    globals,
    contextName,
    env: Object.fromEntries(Object.entries(world.env).filter(([variable]) => !OVERRIDES.includes(variable))),
    home: world.home,
    disk: () => world.disk(),
    resolvePath: world.resolvePath,
    readStdin: session.readSecret,
    warn: (line) => void progress.warn(line),
  });
  saySources(progress, settings);
  const info = await serverInfo(session, settings);
  return {
    data: { context: contextName, connected: true, 'server-info': info },
    text: ({ success }) => [success(connectionVerified(settings.url, info)), success(`Context ${contextName} is valid.`)],
  };
}
