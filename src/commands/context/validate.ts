import { Command } from 'commander';
import { describeVerb } from '../../cli/help.ts';
import type { Dispatch } from '../../cli/program.ts';
import type { Session } from '../../cli/session.ts';
import { ExitCode } from '../../errors.ts';
import { requestExitCodes } from '../ingestion-api-key/shared.ts';
import { currentContext, parseNameFlag, saySources } from './shared.ts';

export interface ValidateOptions {
  readonly name?: string;
}

const examples = `  # does the current context work?
  sts context validate

  # does another one?
  sts context validate --name test`;

export function validateCommand(dispatch: Dispatch): Command {
  const command = new Command('validate')
    .description('Validate a context: connect to its server with its token')
    .option('-n, --name <name>', 'name of the context (default: the current one)', parseNameFlag)
    .action((options: ValidateOptions) => dispatch(command, (session) => runValidate(options, session)));
  return describeVerb(command, { examples, exitCodes: [...new Set([...requestExitCodes, ExitCode.notFound])] });
}

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
 * @throws NotFoundError when there is no such context, and what `serverInfo` throws.
 */
export async function runValidate(options: ValidateOptions, session: Session): Promise<undefined> {
  const { runtime, printer, globals } = session;
  const contextName = options.name ?? (await currentContext(session)).name;
  const { resolveSettings } = await import('../../config/settings.ts');
  const settings = await resolveSettings({
    globals,
    contextName,
    env: Object.fromEntries(Object.entries(runtime.env).filter(([variable]) => !OVERRIDES.includes(variable))),
    home: runtime.home,
    resolvePath: runtime.resolvePath,
    readStdin: session.readSecret,
    warn: (line) => void printer.warn(line),
  });
  saySources(session, settings);
  const api = await session.apiFor(settings);
  const info = await session.waiting('Asking the server', () => api.serverInfo({ signal: runtime.interrupt }));
  await printer.result({
    text: printer.success(`Context ${contextName} is valid.`),
    json: { context: contextName, connected: true, 'server-info': info },
  });
  return undefined;
}
