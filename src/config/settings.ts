import { chosenBy, environmentOf, ignoredVariables } from './environment.ts';
import { contextLayer, environmentLayer, findIn, flagLayer, variable } from './layers.ts';
import type { Context, Settings } from './model.ts';
import { resolveLayers, type SettingsInput, timeoutOf } from './resolve.ts';
import { selectContext } from './select.ts';
import { type FoundToken, hasToken, POD_TOKEN_PATH, podToken } from './token.ts';
import { certificateData } from './trust.ts';
import { doubledApiPath } from './url.ts';

export type { SettingsInput } from './resolve.ts';

/**
 * Resolves everything that is needed to connect to StackState. For each setting, a flag wins over the environment, and the environment wins
 * over the chosen context of the config file. The token settings are one group, and so are those of the CA certificates: the first level
 * that has any of a group replaces the whole group.
 *
 * If a flag names a context, that context decides about the server: variables for URL and token are ignored, with one warning. If flags or
 * variables give URL and token, an invalid config file is ignored with a warning, unless `--config`, `--context` or `STS_CLI_CONTEXT` asks
 * for it.
 *
 * @throws ConfigError; UsageError for the value of a flag; FileReadError for a file that a setting names; NotFoundError for an unknown
 * context.
 */
export async function resolveSettings(input: SettingsInput): Promise<Settings> {
  const timeout = timeoutOf(input);
  const flags = flagLayer(input.globals);
  const { environment, ignored } = environmentOf(input, flags);
  const given = [flags, environment];
  const complete = findIn(given, 'url') !== undefined && given.some(hasToken);
  const selection = await selectContext(input, complete);
  const { file, context } = selection;
  if (ignored.length > 0) input.warn(ignoredVariables(ignored, input));
  const layers = file === undefined || context === undefined ? given : [...given, contextLayer(file, context)];
  const isConfigured = ignored.some(({ member }) => member !== 'url');
  const inCluster = variable(input.env, 'KUBERNETES_SERVICE_HOST') !== undefined && !isConfigured;
  const podTokenPath = inCluster ? (input.podTokenPath ?? POD_TOKEN_PATH) : undefined;
  const resolved = await resolveLayers(layers, input, {
    searched: { globals: input.globals, selection, byFlag: chosenBy(input) !== undefined },
    timeout,
    podTokenPath,
    fallback: async () => (podTokenPath === undefined ? undefined : podToken(podTokenPath, await input.disk())),
    wantsCertificates: (skipSsl) => !skipSsl,
  });
  return resolved.settings;
}

export interface GivenInput extends SettingsInput {
  /** The value of `--api-path`. */
  readonly apiPath?: string;
  /** Asks the user for a token if none is given; undefined without a terminal. */
  askToken(): Promise<FoundToken | undefined>;
}

/**
 * Resolves the settings from flags and environment alone, without a config file, and makes the context to save. The context holds the CA
 * certificates themselves. It holds no Kubernetes service-account token, because the Go CLI, which uses the same file, cannot keep one.
 * @throws as `resolveSettings` does.
 */
export async function resolveGiven(input: GivenInput): Promise<{ settings: Settings; context: Context }> {
  const layers = [flagLayer(input.globals, input.apiPath), environmentLayer(input.env)];
  const { settings, baseUrl, certificates } = await resolveLayers(layers, input, {
    searched: { globals: input.globals, selection: {}, byFlag: false },
    timeout: timeoutOf(input),
    fallback: input.askToken,
    wantsCertificates: () => true,
  });
  const doubled = doubledApiPath(settings.url, settings.apiPath);
  if (doubled !== undefined) input.warn(doubled);
  const { kind, value } = settings.token;
  if (kind === 'k8s-sa-token') {
    input.warn(
      'The Kubernetes service-account token is not saved. Give it with each command (--k8s-sa-token-path PATH), or set STS_CLI_K8S_SA_TOKEN_PATH.',
    );
  }
  const context: Context = {
    url: baseUrl.complete,
    ...(kind === 'api-token' ? { apiToken: value } : {}),
    ...(kind === 'service-token' ? { serviceToken: value } : {}),
    apiPath: settings.apiPath === '' ? '/' : settings.apiPath,
    ...(settings.skipSsl ? { skipSsl: true } : {}),
    ...(certificates === undefined ? {} : { caCertBase64Data: certificateData(certificates.pem) }),
  };
  return { settings, context };
}
