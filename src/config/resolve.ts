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
  /** The disk with the config file and the files that settings name. */
  disk(): Promise<Disk>;
  resolvePath(path: string): string;
  /** Reads the token from stdin, if it is given as `-`. */
  readStdin(): Promise<string>;
  /** Shows the user a sentence. */
  warn(line: string): void;
  /** The context named by a verb's own `--name`, which wins over `--context`. */
  readonly contextName?: string;
  /** The path of the pod's own token; for tests. */
  readonly podTokenPath?: string;
}

export interface Resolved {
  readonly settings: Settings;
  readonly baseUrl: BaseUrl;
  readonly certificates: FoundCertificates | undefined;
}

export interface Resolution {
  readonly searched: Searched;
  /** Read before the other settings, so that an invalid flag is reported even if other settings are missing. */
  readonly timeout: Timeout;
  /** Gives a token if no level has one. */
  fallback(): Promise<FoundToken | undefined>;
  /** Whether to read the CA certificates. An unverified connection needs none, but a saved context keeps them. */
  wantsCertificates(skipSsl: boolean): boolean;
  /** The path where the fallback looks for a token; undefined outside a cluster. */
  readonly podTokenPath?: string | undefined;
}

/**
 * Resolves the settings from levels. The first level that has a setting wins.
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

  // The token comes last, because finding it may read stdin or ask the user.
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

/** The source of a setting, and its value unless it is a secret. */
function sourceOf(name: SettingName, found: Found | undefined, value: string | undefined): SettingSource {
  const { flag, key, secret }: Setting = SETTINGS[name];
  const shown = secret || value === undefined ? {} : { value: shownValue(name, value) };
  return { setting: key ?? flag ?? name, source: found?.source ?? 'default', ...shown };
}

export interface Timeout {
  readonly timeoutMs: number;
  readonly found: Found | undefined;
}

/** @throws UsageError when the value of the flag is not a timeout; ConfigError for a value of the variable. */
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
