import { type HttpHandler, http } from 'msw';
import { createCheck, defaultTokens, type KnownToken, type PermissionNames } from './access.ts';
import { CollectorCache } from './collector-cache.ts';
import { origin } from './front.ts';
import { createIntake, type Intake, type IntakeRoute } from './intake-handlers.ts';
import type { Json } from './json.ts';
import { type KeyRoute, keyHandlers } from './key-handlers.ts';
import { anyPlatform, type PlatformName, platforms, type Scheme } from './platforms.ts';
import { json } from './responses.ts';
import type { KeyStore } from './store.ts';
import { type TokenRoute, tokenHandlers } from './token-handlers.ts';
import type { TokenStore } from './token-store.ts';

export interface ApiOptions {
  /** Path of the API under the server's URL; default `/api`, `''` for none. */
  readonly apiPath?: string;
  /** Tokens that are accepted in addition to the service tokens of the store. */
  readonly tokens?: readonly KnownToken[];
  /** The names of the permissions that are checked and shown in a refusal; default `manage`. */
  readonly permissionNames?: PermissionNames;
  /** The platform's Receiver API Key, accepted by the intake and by `authorize?withReceiverKey=true`. */
  readonly receiverKey?: string;
  /** The version of the platform, which gives the defaults of the options below. By default the platform has everything. */
  readonly platform?: PlatformName;
  /** False: the server is too old or too new, and responds with 404 to everything under `/security/ingestion`. */
  readonly ingestionApiKeys?: boolean;
  /** False: the server responds with 404 to everything under `/security/tokens`. */
  readonly serviceTokens?: boolean;
  /** The only scheme of `Authorization` that is accepted over OTLP. */
  readonly scheme?: Scheme;
  /** False: there are keys, but no `authorize` (404). */
  readonly authorize?: boolean;
  /**
   * True: the collector caches verdicts about keys and tokens. A valid one is remembered for five minutes, a refused one for ever. Default
   * false.
   */
  readonly collectorCache?: boolean;
  /** Merged over the response of `/server/info`. */
  readonly serverInfo?: { readonly [name: string]: Json };
}

export type RouteName = 'info' | 'validate' | KeyRoute | TokenRoute | IntakeRoute;

export interface Api {
  /** One msw handler for each route. */
  readonly routes: Readonly<Record<RouteName, HttpHandler>>;
  readonly intake: Intake;
}

/** The StackState API and the intake that keys and tokens are for, as msw handlers over two stores. */
export function createApi(keys: KeyStore, serviceTokens: TokenStore, options: ApiOptions = {}): Api {
  const base = `${origin}${options.apiPath ?? '/api'}`;
  const platform = options.platform === undefined ? anyPlatform : platforms[options.platform];
  const hasKeys = options.ingestionApiKeys ?? platform.ingestionApiKeys;
  const hasTokens = options.serviceTokens ?? platform.serviceTokens;
  const check = createCheck(options.tokens ?? defaultTokens, serviceTokens, options.permissionNames ?? 'manage');
  const accepts = (credential: string) =>
    (hasKeys && keys.isLive(credential)) ||
    (hasTokens && serviceTokens.live(credential) !== undefined) ||
    credential === options.receiverKey;
  const cache = new CollectorCache(keys.now);
  const intake = createIntake({
    origin,
    now: keys.now,
    schemes: options.scheme === undefined ? platform.schemes : [options.scheme],
    accepts,
    acceptsOtlp: (credential) => (options.collectorCache === true ? cache.accepts(credential, accepts) : accepts(credential)),
  });
  const routes = {
    info: http.get(
      `${base}/server/info`,
      ({ request }) => check(request) ?? json(200, { ...platform.info, ...options.serverInfo }),
    ),
    ...keyHandlers({
      store: keys,
      check,
      base,
      origin,
      supported: hasKeys,
      authorize: options.authorize ?? true,
      receiverKey: options.receiverKey,
    }),
    ...tokenHandlers({ store: serviceTokens, check, base, supported: hasTokens }),
    ...intake.handlers,
  };
  return { routes, intake };
}
