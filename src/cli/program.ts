import { Command, Option } from 'commander';
import { completionCommand } from '../commands/completion.ts';
import { contextCommand } from '../commands/context/index.ts';
import { ingestionApiKeyCommand } from '../commands/ingestion-api-key/index.ts';
import { versionCommand } from '../commands/version.ts';
import type { GlobalOptions } from '../config/model.ts';
import { type ExitCode, UsageError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { version } from '../version.ts';
import { renderHelp } from './help.ts';
import type { Session } from './session.ts';

/** Runs a verb with its parsed options; replaced by the parser's tests. */
export type Dispatch = (command: Command, run: (session: Session) => Promise<ExitCode | undefined>) => Promise<void>;

// What commander would say is said by us; looking at the terminal would cost each start the loading of the streams.
const silent = {
  writeErr: () => {},
  outputError: () => {},
  getOutHelpWidth: () => 80,
  getErrHelpWidth: () => 80,
  getOutHasColors: () => false,
  getErrHasColors: () => false,
};

/**
 * The command tree. Nothing is read or asked before a verb runs.
 * @param words the command line, if there is one: a noun it does not name is built without its verbs, which no start shall wait for.
 */
export function buildProgram(dispatch: Dispatch, words?: readonly string[]): Command {
  const program = new Command('sts');
  program
    .description('StackState CLI for ingestion API keys.')
    .helpCommand(false)
    .action(() => program.help())
    .version(version, '--version', 'version of sts')
    .addOption(new Option('--url <url>', 'URL of StackState (STS_CLI_URL)'))
    .addOption(new Option('--api-token <token>', 'API token, "-" to read it from stdin (STS_CLI_API_TOKEN)'))
    .addOption(new Option('--service-token <token>', 'service token, "-" to read it from stdin (STS_CLI_SERVICE_TOKEN)'))
    .addOption(
      new Option('--k8s-sa-token <token>', 'Kubernetes service-account token, "-" to read it from stdin (STS_CLI_K8S_SA_TOKEN)'),
    )
    .addOption(
      new Option(
        '--k8s-sa-token-path <path>',
        'file that holds the Kubernetes service-account token (STS_CLI_K8S_SA_TOKEN_PATH)',
      ),
    )
    .addOption(new Option('--ca-cert-path <path>', 'PEM file of authorities to trust besides the public ones (STS_CA_CERT_PATH)'))
    .addOption(new Option('--ca-cert-base64-data <data>', 'the same, base64; the path wins (STS_CA_CERT_BASE64_DATA)'))
    .addOption(new Option('--skip-ssl', "do not verify the server's certificate (STS_SKIP_SSL)"))
    .addOption(
      new Option('-c, --context <name>', 'context of the config file to use (STS_CLI_CONTEXT)').argParser((value: string) =>
        given(value, '--context', 'name a context'),
      ),
    )
    .addOption(
      new Option('--config <path>', 'path of the config file').argParser((value: string) =>
        given(value, '--config', 'name a file'),
      ),
    )
    .addOption(new Option('--timeout <duration>', 'deadline for one request, all of it, default 30s (STS_CLI_TIMEOUT)'))
    .addOption(
      new Option('-o, --output <format>', 'output format: text (default) or json').argParser(outputFormat).default('text'),
    )
    .addOption(new Option('--no-color', 'no colour, no symbols, no animation (NO_COLOR)'))
    .addOption(
      new Option('-v, --verbose', 'say on stderr what is being done; repeatable')
        .argParser((_: string, before: number) => before + 1)
        .default(0),
    );
  const named = (noun: string) => words === undefined || words.includes(noun);
  program.addCommand(ingestionApiKeyCommand(dispatch, named('ingestion-api-key')));
  program.addCommand(contextCommand(dispatch, named('context')));
  program.addCommand(completionCommand(dispatch, named('completion'), () => buildProgram(dispatch)));
  program.addCommand(versionCommand(dispatch));
  forEachCommand(program, (command) => {
    command.exitOverride();
    command.helpOption('-h, --help', `help for ${command.name()}`);
    command.helpInformation = () => renderHelp(command);
    command.configureOutput(silent);
    if (command.commands.length === 0) command.allowExcessArguments(false);
  });
  return program;
}

/** The global flags of a parsed command line. */
export function globalOptionsOf(program: Command): GlobalOptions {
  const options = program.opts<GlobalOptions & { version?: unknown }>();
  const { version: _version, ...globals } = options;
  return globals;
}

export function forEachCommand(command: Command, visit: (command: Command) => void): void {
  visit(command);
  for (const child of command.commands) forEachCommand(child, visit);
}

function outputFormat(value: string): 'text' | 'json' {
  if (value === 'text' || value === 'json') return value;
  const near = nearest(value, ['text', 'json']);
  throw new UsageError(`--output cannot be ${JSON.stringify(value)}: it takes text or json.`, {
    hints: near === undefined ? [] : [`Did you mean ${near}?`],
  });
}

/** A value that is empty, as an unset shell variable leaves it, must not count as none: another file or server would be used. */
function given(value: string, flag: string, what: string): string {
  if (value.trim() === '') throw new UsageError(`${flag} is empty: ${what}, or leave ${flag} out.`);
  return value;
}
