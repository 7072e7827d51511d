import { ConfigError, UsageError } from '../errors.ts';
import { contextLayer, environmentLayer, type Found, findIn, flagLayer, type Layer, variable } from './layers.ts';
import type { Context, GlobalOptions, SettingSource, Settings } from './model.ts';
import { type Selection, selectContext } from './select.ts';
import { SETTINGS, type Setting, type SettingName, shownValue } from './table.ts';
import { type FoundToken, findToken, hasToken, POD_TOKEN_PATH, podToken } from './token.ts';
import { type FoundCertificates, findCaCertificates } from './trust.ts';
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

export const SAVE_EXAMPLE = 'sts context save --name NAME --url https://stackstate.example.com --service-token -';

/**
 * All that is needed to talk to StackState: for each setting the flag wins over the environment, that over the chosen
 * context of the config file. The token and the CA certificates are replaced as groups.
 *
 * A config file that is broken does not matter when URL and token are given without it, unless `--config`,
 * `--context` or `STS_CLI_CONTEXT` asks for it; it is then left out with a warning.
 *
 * @throws ConfigError, UsageError (`--timeout`), FileReadError (a file a setting names), NotFoundError (no such context).
 */
export async function resolveSettings(input: SettingsInput): Promise<Settings> {
  const timeout = timeoutOf(input);
  const given = [flagLayer(input.globals), environmentLayer(input.env)];
  const complete = findIn(given, 'url') !== undefined && given.some(hasToken);
  const selection = await selectContext(input, complete);
  const { file, context } = selection;
  const layers = file === undefined || context === undefined ? given : [...given, contextLayer(file, context)];
  const podTokenPath =
    variable(input.env, 'KUBERNETES_SERVICE_HOST') === undefined ? undefined : (input.podTokenPath ?? POD_TOKEN_PATH);
  const resolved = await resolveLayers(layers, input, {
    selection,
    timeout,
    podTokenPath,
    fallback: async () => (podTokenPath === undefined ? undefined : podToken(podTokenPath)),
    wantsCertificates: (skipSsl) => !skipSsl,
  });
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
  const { settings, token, certificates } = await resolveLayers(layers, input, {
    selection: {},
    timeout: timeoutOf(input),
    fallback: input.askToken,
    wantsCertificates: () => true,
  });
  const { kind, value } = token.token;
  const context: Context = {
    url: settings.url,
    ...(kind === 'api-token' ? { apiToken: value } : {}),
    ...(kind === 'service-token' ? { serviceToken: value } : {}),
    ...(kind === 'k8s-sa-token' ? (token.path === undefined ? { k8sSaToken: value } : { k8sSaTokenPath: token.path }) : {}),
    apiPath: settings.apiPath === '' ? '/' : settings.apiPath,
    ...(settings.skipSsl ? { skipSsl: true } : {}),
    ...(certificates === undefined
      ? {}
      : certificates.path === undefined
        ? { caCertBase64Data: certificates.found.text.replace(/\s+/g, '') }
        : { caCertPath: certificates.path }),
  };
  return { settings, context };
}

interface Resolved {
  readonly settings: Settings;
  readonly token: FoundToken;
  readonly certificates: FoundCertificates | undefined;
}

interface Resolution {
  readonly selection: Selection;
  /** Found before all else: a flag with a senseless value is said to have one whatever else is missing. */
  readonly timeout: Timeout;
  /** Gives a token where no layer has one. */
  fallback(): Promise<FoundToken | undefined>;
  /** Whether the CA certificates are wanted. A connection that is not verified needs none, but a saved context keeps them. */
  wantsCertificates(skipSsl: boolean): boolean;
  /** Where the fallback looks for a token; undefined outside a cluster. */
  readonly podTokenPath?: string | undefined;
}

async function resolveLayers(layers: readonly Layer[], input: SettingsInput, resolution: Resolution): Promise<Resolved> {
  const { selection, timeout } = resolution;
  const sources: SettingSource[] = selection.source === undefined ? [] : [selection.source];
  const note = (name: SettingName, found: Found | undefined, value?: string) => sources.push(sourceOf(name, found, value));
  const urlFound = findIn(layers, 'url');
  if (urlFound === undefined) throw missingUrl(input, selection);
  const url = parseUrl(urlFound.text, urlFound.label);
  note('url', urlFound, url);

  const pathFound = findIn(layers, 'apiPath');
  const apiPath = parseApiPath(pathFound?.text ?? SETTINGS.apiPath.default, pathFound?.label ?? 'default');
  note('apiPath', pathFound, apiPath);

  const skipFound = findIn(layers, 'skipSsl');
  const skipSsl = skipFound !== undefined && parseBoolean(skipFound.text, skipFound.label);
  note('skipSsl', skipFound, String(skipSsl));

  const { timeoutMs } = timeout;
  note('timeout', timeout.found, `${timeoutMs}ms`);

  const certificates = resolution.wantsCertificates(skipSsl) ? await findCaCertificates(layers, input.resolvePath) : undefined;
  if (certificates !== undefined) {
    const { member, found, path } = certificates;
    note(member, found, path);
  }

  // Last, because it may take stdin or ask.
  const token = (await findToken(layers, input)) ?? (await resolution.fallback());
  if (token === undefined) throw missingToken(url, input, resolution);
  sources.push({ setting: token.token.kind, source: token.source });

  const settings: Settings = {
    url,
    apiPath,
    token: token.token,
    skipSsl,
    timeoutMs,
    sources,
    ...(certificates === undefined ? {} : { caCertificates: certificates.pem }),
    ...(selection.context === undefined ? {} : { contextName: selection.context.name }),
  };
  return { settings, token, certificates };
}

function missingUrl(input: SettingsInput, selection: Selection): ConfigError {
  const { file, context } = selection;
  const message =
    file === undefined || context === undefined
      ? 'No StackState URL is configured.'
      : `The context ${JSON.stringify(context.name)} in ${file.path} has no URL.`;
  return new ConfigError(message, {
    hints: [...contextHints(input, selection, 'https://stackstate.example.com'), 'Or set STS_CLI_URL and STS_CLI_SERVICE_TOKEN.'],
  });
}

function missingToken(url: string, input: SettingsInput, { selection, podTokenPath }: Resolution): ConfigError {
  const { file, context } = selection;
  const where =
    file === undefined || context === undefined ? '' : `: the context ${JSON.stringify(context.name)} in ${file.path} has none`;
  const pod = podTokenPath === undefined ? [] : [`The pod's own token was looked for in ${podTokenPath}: there is no such file.`];
  return new ConfigError(`No token is configured for ${url}${where}.`, {
    hints: [...pod, ...contextHints(input, selection, url), 'Or set STS_CLI_SERVICE_TOKEN, or STS_CLI_API_TOKEN.'],
  });
}

/** How to get a context that has all it needs: complete the one in use, choose another, or save a first one. */
function contextHints({ globals }: SettingsInput, { file, context }: Selection, url: string): string[] {
  if (file !== undefined && context !== undefined) {
    const config = globals.config === undefined ? '' : ` --config ${JSON.stringify(file.path)}`;
    return [`Complete it: sts context save${config} --name ${JSON.stringify(context.name)} --url ${url} --service-token -`];
  }
  const first = file?.contexts[0];
  const choose = first === undefined ? [] : [`Choose a saved context: sts context set --name ${JSON.stringify(first.name)}`];
  return [...choose, `Save a context: ${SAVE_EXAMPLE}`];
}

/** Where a setting came from; its value too, unless that is a secret. */
function sourceOf(name: SettingName, found: Found | undefined, value: string | undefined): SettingSource {
  const { flag, key, secret }: Setting = SETTINGS[name];
  const shown = secret || value === undefined ? {} : { value: shownValue(name, value) };
  return { setting: key ?? flag ?? name, source: found?.source ?? 'default', ...shown };
}

interface Timeout {
  readonly timeoutMs: number;
  readonly found: Found | undefined;
}

function timeoutOf({ globals, env }: SettingsInput): Timeout {
  const found = findIn([flagLayer(globals), environmentLayer(env)], 'timeout');
  const text = (found?.text ?? SETTINGS.timeout.default).trim();
  const timeoutMs = parseTimeout(text);
  if (timeoutMs !== undefined) return { timeoutMs, found };
  const message = `${found?.label} cannot be ${JSON.stringify(text)}.`;
  const hints = ['A timeout is a number with a unit, from 1ms to 24h: 500ms, 30s, 2m, 1m30s.'];
  if (found?.level === 'flag') throw new UsageError(message, { hints });
  throw new ConfigError(message, { hints });
}
