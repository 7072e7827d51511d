import { Command } from 'commander';
import { describeVerb } from '../../cli/help.ts';
import type { Dispatch } from '../../cli/program.ts';
import type { Session } from '../../cli/session.ts';
import type { FoundToken } from '../../config/token.ts';
import { ExitCode } from '../../errors.ts';
import { requestExitCodes } from '../ingestion-api-key/shared.ts';
import { contextDocument, namedContext, parseNameFlag, saySources } from './shared.ts';

export interface SaveOptions {
  /** Absent where `--name` was not given. */
  readonly name?: string;
  readonly apiPath?: string;
  readonly skipValidate?: boolean;
}

const examples = `  # save a connection and make it the current one; the token is read from stdin
  sts context save --name prod --url https://stackstate.example.com --service-token - < token.txt

  # on a terminal a missing token is asked for, without echo
  sts context save --name prod --url https://stackstate.example.com

  # a server with a certificate of one's own authority
  sts context save --name test --url https://test.example.com --api-token - --ca-cert-path ca.pem < token.txt`;

export function saveCommand(dispatch: Dispatch): Command {
  const command = new Command('save')
    .description('Save a connection to StackState as a context and make it the current one. Needs --url and one token.')
    .summary('Save a context and make it the current one')
    .option('-n, --name <name>', 'name of the context (default: the one --context names, else "default")', parseNameFlag)
    .option('--api-path <path>', 'path of the API under the URL (default "/api")')
    .option('--skip-validate', 'save without asking the server')
    .action((options: SaveOptions) => dispatch(command, (session) => runSave(options, session)));
  return describeVerb(command, { examples, exitCodes: requestExitCodes.filter((code) => code !== ExitCode.notFound) });
}

/**
 * Saves what the global flags and the environment say as a context, after the server has accepted it. A context of that
 * name is replaced. When anything fails, nothing is saved.
 * @throws UsageError when `--name` and `--context` differ, ConfigError without URL or token, and what `serverInfo` throws.
 */
export async function runSave(options: SaveOptions, session: Session): Promise<undefined> {
  const { runtime, printer, globals } = session;
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
    env: runtime.env,
    home: runtime.home,
    resolvePath: runtime.resolvePath,
    readStdin: session.readSecret,
    warn: (line) => void printer.warn(line),
    askToken: () => askToken(session),
    ...(options.apiPath === undefined ? {} : { apiPath: options.apiPath }),
  });
  saySources(session, settings);
  if (options.skipValidate !== true) {
    const api = await session.apiFor(settings);
    await session.waiting('Asking the server', () => api.serverInfo({ signal: runtime.interrupt }));
  }
  // From here on a signal waits until the file is written and its lock is gone.
  runtime.interrupt.throwIfAborted();
  await saveContext(path, name, context, (line) => void printer.warn(line));
  await printer.result({
    text: printer.success(`Saved context: '${name}'`),
    json: { 'current-context': name, context: contextDocument(context) },
  });
  return undefined;
}

/** On a terminal a missing token is asked for; elsewhere there is nobody to ask. */
async function askToken({ runtime }: Session): Promise<FoundToken | undefined> {
  if (!runtime.stdin.isTTY) return undefined;
  const { cleanToken } = await import('../../config/token.ts');
  const answer = await runtime.stdin.ask('API token: ', { hidden: true });
  return { token: cleanToken('api-token', answer, 'the terminal'), source: 'terminal' };
}
