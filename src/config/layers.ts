import { UsageError } from '../errors.ts';
import type { ConfigFile } from './file.ts';
import { CONTEXT_KEYS, CONTEXT_MEMBERS } from './keys.ts';
import type { GlobalOptions, NamedContext } from './model.ts';
import { SETTINGS, type Setting, type SettingName } from './table.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export type Level = 'flag' | 'environment' | 'file';

/** A value of a setting as it was given, still as text. */
export interface Found {
  readonly text: string;
  readonly level: Level;
  /** For `--verbose`: `flag --url`, `environment STS_CLI_URL`, `PATH:LINE`. */
  readonly source: string;
  /** For messages: `--url`, `STS_CLI_URL`, `url in PATH:LINE`. */
  readonly label: string;
}

/**
 * One level of settings: all flags, the whole environment, or one context of the file. For each setting, the first level that has it wins.
 */
export interface Layer {
  readonly level: Level;
  find(name: SettingName): Found | undefined;
}

/** @param apiPath the flag `--api-path`, which only `context save` has. */
export function flagLayer(globals: GlobalOptions, apiPath?: string): Layer {
  const given: Partial<Record<SettingName, string | number | boolean>> = {
    ...globals,
    ...(apiPath === undefined ? {} : { apiPath }),
  };
  return {
    level: 'flag',
    find(name) {
      const value = given[name];
      if (value === undefined) return undefined;
      const { flag, key }: Setting = SETTINGS[name];
      const label = `--${flag ?? key}`;
      // If a variable is empty in `--api-token "$TOKEN"`, the program must not fall back to a stored token of another server.
      if (typeof value === 'string' && value.trim() === '') {
        throw new UsageError(`${label} is empty.`, { hints: [`Give ${label} a value, or leave it out.`] });
      }
      return { text: String(value), level: 'flag', source: `flag ${label}`, label };
    },
  };
}

/** The environment as a level. An empty variable counts as not set. */
export function environmentLayer(env: Environment): Layer {
  return {
    level: 'environment',
    find(name) {
      const { variable: label }: Setting = SETTINGS[name];
      const text = label === undefined ? undefined : variable(env, label);
      return text === undefined
        ? undefined
        : { text, level: 'environment', source: `environment ${label}`, label: String(label) };
    },
  };
}

export function contextLayer(file: ConfigFile, { name: contextName, context }: NamedContext): Layer {
  return {
    level: 'file',
    find(name) {
      const member = CONTEXT_MEMBERS.find((candidate) => candidate === name);
      const value = member === undefined ? undefined : context[member];
      if (member === undefined || value === undefined || value === '') return undefined;
      const key = CONTEXT_KEYS[member];
      const source = `${file.path}:${file.lineOf(contextName, key) ?? 1}`;
      return { text: String(value), level: 'file', source, label: `${key} in ${source}` };
    },
  };
}

/** The same level without certain settings. */
export function layerWithout({ level, find }: Layer, names: readonly SettingName[]): Layer {
  return { level, find: (name) => (names.includes(name) ? undefined : find(name)) };
}

/** Finds a setting in the first level that has it. */
export function findIn(layers: readonly Layer[], name: SettingName): Found | undefined {
  for (const layer of layers) {
    const found = layer.find(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The value of a variable; undefined if it is not set or blank. */
export function variable(env: Environment, name: string): string | undefined {
  const value = env[name];
  return value === undefined || value.trim() === '' ? undefined : value;
}
