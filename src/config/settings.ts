import { ConfigError, UsageError } from '../errors.ts';
import { contextLayer, environmentLayer, type Found, findIn, flagLayer, type Layer, variable } from './layers.ts';
import type { Context, GlobalOptions, SettingSource, Settings } from './model.ts';
import { type Selection, selectContext } from './select.ts';
import { type FoundToken, findToken, hasToken, POD_TOKEN_PATH, podToken } from './token.ts';
import { type FoundAuthorities, findAuthorities } from './trust.ts';
import { parseApiPath, parseBoolean, parseTimeout, parseUrl } from './values.ts';

export interface SettingsInput {
  readonly globals: GlobalOptions;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string | undefined;
  resolvePath(path: string): string;
  /** The token's text, for a token given as `-`. */
  readStdin(): Promise<string>;
  /** Takes one sentence for the user. */
  warn(line: string): void;
  /** The context a verb's own `--name` asks for; it wins over `--context`. */
  readonly contextName?: string;
  /** Where the pod's own token is; for tests. */
  readonly podTokenPath?: string;
}

const DEFAULT_API_PATH = '/api';
const DEFAULT_TIMEOUT_MS = 30_000;
export const SAVE_EXAMPLE = 'sts context save --name NAME --url https://stackstate.example.com --service-token -';

/**
 * All that is needed to talk to StackState: for each setting the flag wins over the environment, that over the chosen
 * context of the config file. The token and the authorities are replaced as groups.
 *
 * A config file that is broken does not matter when URL and token are given without it, unless `--config`,
 * `--context` or `STS_CLI_CONTEXT` asks for it; it is then left out with a warning.
 *
 * @throws ConfigError, UsageError (`--timeout`), FileReadError (a file a setting names), NotFoundError (no such context).
 */
export async function resolveSettings(input: SettingsInput): Promise<Settings> {
  const given = [flagLayer(input.globals), environmentLayer(input.env)];
  const complete = findIn(given, 'url') !== undefined && given.some(hasToken);
  const selection = await selectContext(input, complete);
  const { file, context } = selection;
  const layers = file === undefined || context === undefined ? given : [...given, contextLayer(file, context)];
  const resolved = await resolveLayers(layers, input, selection, async () =>
    variable(input.env, 'KUBERNETES_SERVICE_HOST') === undefined ? undefined : podToken(input.podTokenPath ?? POD_TOKEN_PATH),
  );
  return resolved.settings;
}

export interface GivenInput extends SettingsInput {
  /** The flag `--api-path`. */
  readonly apiPath?: string;
  /** Asks for a token where none is given; undefined when there is nobody to ask. */
  askToken(): Promise<FoundToken | undefined>;
}

/**
 * The settings that flags and environment give, without any config file, and the context that keeps them.
 * Paths are made absolute, so that the context means the same from everywhere.
 * @throws as `resolveSettings` does.
 */
export async function resolveGiven(input: GivenInput): Promise<{ settings: Settings; context: Context }> {
  const layers = [flagLayer(input.globals, input.apiPath), environmentLayer(input.env)];
  const { settings, token, authorities } = await resolveLayers(layers, input, {}, input.askToken);
  const { kind, value } = token.token;
  const context: Context = {
    url: settings.url,
    ...(kind === 'api-token' ? { apiToken: value } : {}),
    ...(kind === 'service-token' ? { serviceToken: value } : {}),
    ...(kind === 'k8s-sa-token' ? (token.path === undefined ? { k8sSaToken: value } : { k8sSaTokenPath: token.path }) : {}),
    apiPath: settings.apiPath === '' ? '/' : settings.apiPath,
    ...(settings.skipSsl ? { skipSsl: true } : {}),
    ...(authorities === undefined
      ? {}
      : authorities.path === undefined
        ? { caCertBase64Data: authorities.found.text.replace(/\s+/g, '') }
        : { caCertPath: authorities.path }),
  };
  return { settings, context };
}

interface Resolved {
  readonly settings: Settings;
  readonly token: FoundToken;
  readonly authorities: FoundAuthorities | undefined;
}

async function resolveLayers(
  layers: readonly Layer[],
  input: SettingsInput,
  selection: Selection,
  fallback: () => Promise<FoundToken | undefined>,
): Promise<Resolved> {
  const sources: SettingSource[] = selection.source === undefined ? [] : [selection.source];
  const note = (setting: string, found: Found | undefined, value?: string) => {
    sources.push({ setting, source: found?.source ?? 'default', ...(value === undefined ? {} : { value }) });
  };
  const urlFound = findIn(layers, 'url');
  if (urlFound === undefined) throw missing('URL', 'No StackState URL is configured.', selection);
  const url = parseUrl(urlFound.text, urlFound.label);
  note('url', urlFound, url);

  const pathFound = findIn(layers, 'apiPath');
  const apiPath = pathFound === undefined ? DEFAULT_API_PATH : parseApiPath(pathFound.text, pathFound.label);
  note('api-path', pathFound, apiPath);

  const skipFound = findIn(layers, 'skipSsl');
  const skipSsl = skipFound !== undefined && parseBoolean(skipFound.text, skipFound.label);
  note('skip-ssl', skipFound, String(skipSsl));

  const { timeoutMs, found: timeoutFound } = timeoutOf(input);
  note('timeout', timeoutFound, `${timeoutMs}ms`);

  // What is not verified needs no authorities.
  const authorities = skipSsl ? undefined : await findAuthorities(layers, input.resolvePath);
  if (authorities !== undefined)
    note(authorities.path === undefined ? 'ca-cert-base64-data' : 'ca-cert-path', authorities.found, authorities.path);

  // Last, because it may take stdin or ask.
  const token = (await findToken(layers, input)) ?? (await fallback());
  if (token === undefined) throw missing('SERVICE_TOKEN', `No token is configured for ${url}.`, selection);
  sources.push({ setting: token.token.kind, source: token.source });

  const settings: Settings = {
    url,
    apiPath,
    token: token.token,
    skipSsl,
    timeoutMs,
    sources,
    ...(authorities === undefined ? {} : { caCertificates: authorities.pem }),
    ...(selection.context === undefined ? {} : { contextName: selection.context.name }),
  };
  return { settings, token, authorities };
}

function missing(variableName: string, message: string, { file, context }: Selection): ConfigError {
  const hints: string[] = [];
  if (context === undefined && file !== undefined && file.contexts.length > 0) {
    hints.push(`Choose a saved context: sts context set --name ${JSON.stringify(file.contexts[0]?.name)}`);
  }
  hints.push(`Save a context: ${SAVE_EXAMPLE}`);
  hints.push(
    variableName === 'URL'
      ? 'Or set STS_CLI_URL and STS_CLI_SERVICE_TOKEN.'
      : 'Or set STS_CLI_SERVICE_TOKEN, or STS_CLI_API_TOKEN.',
  );
  return new ConfigError(message, { hints });
}

function timeoutOf({ globals, env }: SettingsInput): { timeoutMs: number; found: Found | undefined } {
  const hints = ['A timeout is a number with a unit, from 1ms to 24h: 500ms, 30s, 2m, 1m30s.'];
  if (globals.timeout !== undefined) {
    const timeoutMs = parseTimeout(globals.timeout);
    if (timeoutMs === undefined) throw new UsageError(`--timeout cannot be ${JSON.stringify(globals.timeout)}.`, { hints });
    return { timeoutMs, found: { text: globals.timeout, source: 'flag --timeout', label: '--timeout' } };
  }
  const label = 'STS_CLI_TIMEOUT';
  const text = variable(env, label);
  if (text === undefined) return { timeoutMs: DEFAULT_TIMEOUT_MS, found: undefined };
  const timeoutMs = parseTimeout(text.trim());
  if (timeoutMs === undefined) throw new ConfigError(`${label} cannot be ${JSON.stringify(text)}.`, { hints });
  return { timeoutMs, found: { text, source: `environment ${label}`, label } };
}
