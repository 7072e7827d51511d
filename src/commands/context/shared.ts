import { interruptExitCodes } from '../../cli/help.ts';
import type { Session } from '../../cli/session.ts';
import type { ConfigFile } from '../../config/file.ts';
import { shownEntries } from '../../config/keys.ts';
import type { Context, GlobalOptions, NamedContext, Settings } from '../../config/model.ts';
import { shownValue } from '../../config/table.ts';
import { ExitCode, NotFoundError, UsageError } from '../../errors.ts';
import type { JsonValue } from '../../json.ts';

/** The exit codes of the verbs that only deal with the config file. */
export const fileExitCodes = [ExitCode.config, ExitCode.usage, ExitCode.delivery] as const;

/** The same for those that change it: they name a context, and may have to wait for another sts. */
export const changeExitCodes = [...fileExitCodes, ExitCode.notFound, ...interruptExitCodes] as const;

/** A context as JSON shows it, spelled as in the file. Tokens and passwords in the URL are left out unless asked for. */
export function contextDocument(context: Context, showTokens = false): Record<string, JsonValue> {
  return Object.fromEntries(shownEntries(context, showTokens));
}

/** The URL without a password somebody wrote into the file. */
export function maskedUrl(url: string): string {
  return shownValue('url', url);
}

/** A context's name. @param flag what it was typed behind. @throws UsageError for one that the file cannot hold. */
export function parseContextName(value: string, flag: string): string {
  if (value.trim() === '') throw new UsageError(`${flag} is empty: name a context.`);
  if (/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(value))
    throw new UsageError(`${flag} has a control character in it: name the context in plain text.`);
  return value;
}

/** `--name` as a parser for commander. */
export function parseNameFlag(value: string): string {
  return parseContextName(value, '--name');
}

/**
 * The context a verb is to save, make current or delete: `--name`, else `--context`, which names one for every other command.
 * `STS_CLI_CONTEXT` does not count: what changes the file is said on the command line.
 * @throws UsageError when the two flags name different ones.
 */
export function namedContext(name: string | undefined, { context }: GlobalOptions): string | undefined {
  if (name !== undefined && context !== undefined && name !== context) {
    throw new UsageError('--name and --context name different contexts.', { hints: ['Leave --context out.'] });
  }
  return name ?? (context === undefined ? undefined : parseContextName(context, '--context'));
}

/** The same where there has to be one. @throws UsageError when there is none, and as `namedContext`. */
export function demandedContext(name: string | undefined, globals: GlobalOptions): string {
  const named = namedContext(name, globals);
  if (named === undefined) throw new UsageError('A flag is missing: -n, --name <name>.');
  return named;
}

/** The config file as it is. @throws ConfigError when it cannot be used, or `--config` names none. */
export async function readConfig(session: Session): Promise<ConfigFile> {
  const { openToRead } = await import('../../config/select.ts');
  return openToRead(await session.configPath(), session.globals);
}

/** The context that commands use now, and the file it stands in. @throws NotFoundError when none is chosen. */
export async function currentContext(session: Session): Promise<NamedContext> {
  const { globals, runtime } = session;
  const { pickContext } = await import('../../config/select.ts');
  const file = await readConfig(session);
  const { context } = pickContext(file, { globals, env: runtime.env });
  if (context !== undefined) return context;
  const [first] = file.contexts;
  throw new NotFoundError(`There is no current context in ${file.path}.`, {
    hints: [
      first === undefined
        ? 'Save one: sts context save --name NAME --url https://stackstate.example.com --service-token -'
        : `Choose one: sts context set --name ${JSON.stringify(first.name)}`,
    ],
  });
}

/** Says under `--verbose` where each setting came from, for settings the session did not resolve itself. */
export function saySources({ printer }: Session, { sources }: Settings): void {
  for (const { setting, source, value } of sources) {
    void printer.verbose(1, `${setting}${value === undefined ? '' : `=${value}`} from ${source}`);
  }
}
