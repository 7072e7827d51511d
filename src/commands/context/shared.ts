import type { ConfigFile } from '../../config/file.ts';
import { shownEntries } from '../../config/keys.ts';
import type { Context, GlobalOptions, NamedContext } from '../../config/model.ts';
import type { ConfigAccess } from '../../config/store.ts';
import { SETTINGS, type Setting, shownValue } from '../../config/table.ts';
import { NotFoundError, UsageError } from '../../errors.ts';
import type { JsonValue } from '../../json.ts';
import type { Flag, Session } from '../verb.ts';

export const SAVE_EXAMPLE = 'sts context save --name NAME --url https://stackstate.example.com --service-token -';

/** What the Go CLI shows of a context that does not say otherwise. */
const DEFAULTS = Object.fromEntries(
  Object.values<Setting>(SETTINGS).flatMap(({ key, value, default: text }) =>
    key === undefined || text === undefined ? [] : [[key, value === undefined ? text === 'true' : text]],
  ),
);

/**
 * A context as JSON shows it, spelled as in the file, with the defaults that the reference fills in. Tokens and passwords in the URL are
 * masked unless asked for.
 */
export function contextDocument(context: Context, showTokens = false): Record<string, JsonValue> {
  return { ...DEFAULTS, ...Object.fromEntries(shownEntries(context, showTokens)) };
}

/** The URL without a password somebody wrote into the file. */
export function maskedUrl(url: string): string {
  return shownValue('url', url);
}

/** A context's name. @param flag what it was typed behind. @throws UsageError for one that the file cannot hold. */
function parseContextName(value: string, flag: string): string {
  if (value.trim() === '') throw new UsageError(`${flag} is empty: name a context.`);
  if (/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(value))
    throw new UsageError(`${flag} has a control character in it: name the context in plain text.`);
  return value;
}

export function nameFlag(help: string): Flag<string> {
  const parse = (text: string) => parseContextName(text, '--name');
  return { long: 'name', short: 'n', value: 'name', parse, help, complete: 'context' };
}

export const showTokensFlag: Flag<boolean> = {
  long: 'show-tokens',
  help: 'show the tokens in JSON instead of masking them',
};

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

/** What a change of the config file needs. */
export async function configAccess({ world, progress }: Session): Promise<ConfigAccess> {
  return {
    disk: await world.disk(),
    sleep: (ms, signal) => world.sleep(ms, signal),
    interrupt: world.interrupt,
    warn: (line) => void progress.warn(line),
  };
}

/** The config file as it is. @throws ConfigError when it cannot be used, or `--config` names none. */
export async function readConfig(session: Session): Promise<ConfigFile> {
  const { openToRead } = await import('../../config/select.ts');
  return openToRead(await session.configPath(), session.globals, await session.world.disk());
}

/** The context that commands use now, and the file it stands in. @throws NotFoundError when none is chosen. */
export async function currentContext(session: Session): Promise<NamedContext> {
  const { globals, world } = session;
  const { pickContext } = await import('../../config/select.ts');
  const file = await readConfig(session);
  const { context } = pickContext(file, { globals, env: world.env });
  if (context !== undefined) return context;
  const [first] = file.contexts;
  throw new NotFoundError(`There is no current context in ${file.path}.`, {
    hints: [
      first === undefined ? `Save one: ${SAVE_EXAMPLE}` : `Choose one: sts context set --name ${JSON.stringify(first.name)}`,
    ],
  });
}
