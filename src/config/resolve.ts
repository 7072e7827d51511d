import { ConfigError, UsageError } from '../errors.ts';
import type { Disk } from '../platform/disk.ts';
import { environmentLayer, type Found, findIn, flagLayer, type Layer } from './layers.ts';
import { missingToken, missingUrl, type Searched } from './missing.ts';
import type { GlobalOptions, SettingSource, Settings } from './model.ts';
import { SETTINGS, type Setting, type SettingName, shownValue } from './table.ts';
import { type FoundToken, findToken } from './token.ts';
import { type FoundCertificates, findCaCertificates } from './trust.ts';
import { type BaseUrl, parseUrl } from './url.ts';
import { parseApiPath, parseBoolean, parseTimeout } from './values.ts';

export interface SettingsInput {
  readonly globals: GlobalOptions;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string | undefined;
  /** The files that the settings name are read from it, and the config file. */
  disk(): Promise<Disk>;
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

export interface Resolved {
  readonly settings: Settings;
  readonly baseUrl: BaseUrl;
  readonly certificates: FoundCertificates | undefined;
}

export interface Resolution {
  readonly searched: Searched;
  /** Found before all else: a flag with a senseless value is said to have one whatever else is missing. */
  readonly timeout: Timeout;
  /** Gives a token where no layer has one. */
  fallback(): Promise<FoundToken | undefined>;
  /** Whether the CA certificates are wanted. A connection that is not verified needs none, but a saved context keeps them. */
  wantsCertificates(skipSsl: boolean): boolean;
  /** Where the fallback looks for a token; undefined outside a cluster. */
  readonly podTokenPath?: string | undefined;
}

/**
 * The settings of these levels; the first one that has a setting wins.
 * @throws as `resolveSettings` does.
 */
export async function resolveLayers(layers: readonly Layer[], input: SettingsInput, resolution: Resolution): Promise<Resolved> {
  const { searched, timeout } = resolution;
  const { source: contextSource, context } = searched.selection;
  const sources: SettingSource[] = contextSource === undefined ? [] : [contextSource];
  const note = (name: SettingName, found: Found | undefined, value?: string) => sources.push(sourceOf(name, found, value));
  const urlFound = findIn(layers, 'url');
  if (urlFound === undefined) throw missingUrl(searched);
  const baseUrl = parseUrl(urlFound.text, urlFound.label);
  const { url, basicAuth } = baseUrl;
  note('url', urlFound, url);

  const pathFound = findIn(layers, 'apiPath');
  const apiPath = parseApiPath(pathFound?.text ?? SETTINGS.apiPath.default, pathFound?.label ?? 'default');
  note('apiPath', pathFound, apiPath);

  const skipFound = findIn(layers, 'skipSsl');
  const skipSsl = skipFound !== undefined && parseBoolean(skipFound.text, skipFound.label);
  note('skipSsl', skipFound, String(skipSsl));

  const { timeoutMs } = timeout;
  note('timeout', timeout.found, `${timeoutMs}ms`);

  const certificates = resolution.wantsCertificates(skipSsl) ? await findCaCertificates(layers, input) : undefined;
  if (certificates !== undefined) note(certificates.member, certificates.found, certificates.path);

  // Last, because it may take stdin or ask.
  const token = (await findToken(layers, input)) ?? (await resolution.fallback());
  if (token === undefined) throw missingToken(url, searched, resolution.podTokenPath);
  sources.push({ setting: token.token.kind, source: token.source });

  const settings: Settings = {
    url,
    apiPath,
    token: token.token,
    skipSsl,
    timeoutMs,
    sources,
    ...(basicAuth === undefined ? {} : { basicAuth }),
    ...(certificates === undefined ? {} : { caCertificates: certificates.pem }),
    ...(context === undefined ? {} : { contextName: context.name }),
  };
  return { settings, baseUrl, certificates };
}

/** Where a setting came from; its value too, unless that is a secret. */
function sourceOf(name: SettingName, found: Found | undefined, value: string | undefined): SettingSource {
  const { flag, key, secret }: Setting = SETTINGS[name];
  const shown = secret || value === undefined ? {} : { value: shownValue(name, value) };
  return { setting: key ?? flag ?? name, source: found?.source ?? 'default', ...shown };
}

export interface Timeout {
  readonly timeoutMs: number;
  readonly found: Found | undefined;
}

/** @throws UsageError for a senseless flag, ConfigError for a senseless variable. */
export function timeoutOf({ globals, env }: SettingsInput): Timeout {
  const found = findIn([flagLayer(globals), environmentLayer(env)], 'timeout');
  const text = (found?.text ?? SETTINGS.timeout.default).trim();
  const timeoutMs = parseTimeout(text);
  if (timeoutMs !== undefined) return { timeoutMs, found };
  const message = `${found?.label} cannot be ${JSON.stringify(text)}.`;
  const hints = ['A timeout is a number with a unit, from 1ms to 24h: 500ms, 30s, 2m, 1m30s.'];
  if (found?.level === 'flag') throw new UsageError(message, { hints });
  throw new ConfigError(message, { hints });
}
