import { ConfigError, StsError } from '../errors.ts';
import type { Disk } from '../platform/disk.ts';
import { unknownContext } from './contexts.ts';
import { type ConfigFile, defaultConfigPath, openConfigFile } from './file.ts';
import { variable } from './layers.ts';
import type { GlobalOptions, NamedContext, SettingSource } from './model.ts';

/** The context in use, and its file. A member is absent if there is none. */
export interface Selection {
  readonly file?: ConfigFile;
  readonly context?: NamedContext;
  readonly source?: SettingSource;
}

interface SelectInput {
  readonly globals: GlobalOptions;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string | undefined;
  disk(): Promise<Disk>;
  resolvePath(path: string): string;
  warn(line: string): void;
  /** The context named by a verb's own `--name`, which wins over everything else. */
  readonly contextName?: string;
}

/**
 * The context that commands use: `--context`, else `STS_CLI_CONTEXT`, else the file's own `current-context`.
 * @param optional whether flags and environment are enough. Then an invalid file is only a warning, unless a flag or variable asks for it.
 * @throws ConfigError when the file cannot be used, or `--config` names one that does not exist; NotFoundError for an unknown context.
 */
export async function selectContext(input: SelectInput, optional: boolean): Promise<Selection> {
  const { globals, env, contextName } = input;
  const names = [contextName, globals.context, variable(env, 'STS_CLI_CONTEXT')];
  const asked = globals.config !== undefined || names.some((name) => name !== undefined);
  try {
    const file = await openNamedFile(input);
    return file === undefined ? {} : pickContext(file, input);
  } catch (error) {
    if (asked || !optional || !(error instanceof StsError)) throw error;
    input.warn(`${error.message} The file is ignored, because flags or variables give the URL and the token.`);
    return {};
  }
}

/**
 * Picks the context of a file for these flags and this environment. None if none is chosen.
 * @throws NotFoundError when the chosen one is not in the file.
 */
export function pickContext(file: ConfigFile, input: Pick<SelectInput, 'globals' | 'env' | 'contextName'>): Selection {
  const choice = chosen(file, input);
  if (choice === undefined) return { file };
  const { name, source } = choice;
  const context = file.contexts.find((candidate) => candidate.name === name);
  if (context === undefined) {
    const names = file.contexts.map((candidate) => candidate.name);
    throw unknownContext(name, names, file.path, choice.label);
  }
  return { file, context, source: { setting: 'context', source, value: name } };
}

function chosen(file: ConfigFile, { globals, env, contextName }: Pick<SelectInput, 'globals' | 'env' | 'contextName'>) {
  if (contextName !== undefined) return { name: contextName, source: 'flag --name', label: '--name' };
  if (globals.context !== undefined) return { name: globals.context, source: 'flag --context', label: '--context' };
  const name = variable(env, 'STS_CLI_CONTEXT');
  if (name !== undefined) return { name, source: 'environment STS_CLI_CONTEXT', label: 'STS_CLI_CONTEXT' };
  if (file.currentContext === undefined) return undefined;
  const line = file.currentContextLine ?? file.lineOf(file.currentContext) ?? 1;
  return { name: file.currentContext, source: `${file.path}:${line}`, label: `current-context in line ${line}` };
}

/**
 * Opens the config file for a command that needs its content.
 * @throws ConfigError when `--config` names a file that does not exist, and as `openConfigFile`.
 */
export async function openToRead(path: string, globals: GlobalOptions, disk: Disk): Promise<ConfigFile> {
  const file = await openConfigFile(path, disk);
  if (file.exists || globals.config === undefined) return file;
  throw new ConfigError(`The config file ${path} does not exist.`, {
    hints: [`Correct --config, or create the file: sts context save --config ${path} --url URL --service-token -`],
  });
}

async function openNamedFile(input: SelectInput): Promise<ConfigFile | undefined> {
  const { globals, env, home, resolvePath, contextName } = input;
  if (globals.config !== undefined) return openToRead(resolvePath(globals.config), globals, await input.disk());
  let path: string;
  try {
    path = defaultConfigPath(env, home);
  } catch (error) {
    // Without a home folder there is no default file. If a setting is missing as a result, that has its own error.
    if (error instanceof ConfigError && (globals.context ?? contextName) === undefined) return undefined;
    throw error;
  }
  return openConfigFile(path, await input.disk());
}
