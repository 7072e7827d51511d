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
 * All that is needed to talk to StackState: for each setting the flag wins over the environment, that over the chosen
 * context of the config file. The token and the CA certificates are replaced as groups.
 *
 * A context that a flag names says which server is meant: the variables for URL and token are then ignored, with one warning.
 * A config file that is broken does not matter when URL and token are given without it, unless `--config`,
 * `--context` or `STS_CLI_CONTEXT` asks for it; it is then left out with a warning.
 *
 * @throws ConfigError, UsageError (a flag's value), FileReadError (a file a setting names), NotFoundError (no such context).
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
  /** The flag `--api-path`. */
  readonly apiPath?: string;
  /** Asks for a token where none is given; undefined when there is nobody to ask. */
  askToken(): Promise<FoundToken | undefined>;
}

/**
 * The settings that flags and environment give, without any config file, and the context that keeps them. It holds the CA
 * certificates themselves, and no Kubernetes service-account token: the Go CLI, which uses the same file, cannot keep one.
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
      'The Kubernetes service-account token is not saved: give it with each command (--k8s-sa-token-path PATH), or set STS_CLI_K8S_SA_TOKEN_PATH.',
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
