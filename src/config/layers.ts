import { ConfigError } from '../errors.ts';
import type { ConfigFile } from './file.ts';
import { CONTEXT_KEYS } from './keys.ts';
import type { Context, GlobalOptions, NamedContext } from './model.ts';

export type Member = keyof Context;
type Environment = Readonly<Record<string, string | undefined>>;

/** A value somebody gave, still as text. */
export interface Found {
  readonly text: string;
  /** For `--verbose`: `flag --url`, `environment STS_CLI_URL`, `PATH:LINE`. */
  readonly source: string;
  /** For messages: `--url`, `STS_CLI_URL`, `url in PATH:LINE`. */
  readonly label: string;
}

/** One level of settings: all flags, the whole environment, or one context of the file. The first level that has a setting wins. */
export interface Layer {
  readonly level: 'flag' | 'environment' | 'file';
  find(member: Member): Found | undefined;
}

const VARIABLES: Readonly<Record<Member, string>> = {
  url: 'STS_CLI_URL',
  apiToken: 'STS_CLI_API_TOKEN',
  serviceToken: 'STS_CLI_SERVICE_TOKEN',
  k8sSaToken: 'STS_CLI_K8S_SA_TOKEN',
  k8sSaTokenPath: 'STS_CLI_K8S_SA_TOKEN_PATH',
  apiPath: 'STS_CLI_API_PATH',
  skipSsl: 'STS_SKIP_SSL',
  caCertPath: 'STS_CA_CERT_PATH',
  caCertBase64Data: 'STS_CA_CERT_BASE64_DATA',
};

/** @param apiPath the flag `--api-path`, which only `context save` has. */
export function flagLayer(globals: GlobalOptions, apiPath?: string): Layer {
  const given: Partial<Record<Member, string | boolean | undefined>> = { ...globals, apiPath };
  return {
    level: 'flag',
    find(member) {
      const value = given[member];
      if (value === undefined || value === false) return undefined;
      const label = `--${CONTEXT_KEYS[member]}`;
      // `--api-token "$TOKEN"` with an empty variable must not fall back to a stored token of another server.
      if (typeof value === 'string' && value.trim() === '') {
        throw new ConfigError(`${label} is empty.`, { hints: [`Give ${label} a value, or leave it out.`] });
      }
      return { text: String(value), source: `flag ${label}`, label };
    },
  };
}

/** An empty variable counts as one that is not set. */
export function environmentLayer(env: Environment): Layer {
  return {
    level: 'environment',
    find(member) {
      const label = VARIABLES[member];
      const text = variable(env, label);
      return text === undefined ? undefined : { text, source: `environment ${label}`, label };
    },
  };
}

export function contextLayer(file: ConfigFile, { name, context }: NamedContext): Layer {
  return {
    level: 'file',
    find(member) {
      const value = context[member];
      if (value === undefined || value === '') return undefined;
      const key = CONTEXT_KEYS[member];
      const source = `${file.path}:${file.lineOf(name, key) ?? 1}`;
      return { text: String(value), source, label: `${key} in ${source}` };
    },
  };
}

/** The first level that has the setting. */
export function findIn(layers: readonly Layer[], member: Member): Found | undefined {
  for (const layer of layers) {
    const found = layer.find(member);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A variable's value, undefined where it is unset or blank. */
export function variable(env: Environment, name: string): string | undefined {
  const value = env[name];
  return value === undefined || value.trim() === '' ? undefined : value;
}
