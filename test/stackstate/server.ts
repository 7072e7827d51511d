import { getResponse } from 'msw';
import { type CertificateOptions, createCertificate } from './certificates.ts';
import type { FaultOptions as ChoiceOptions } from './fault-choice.ts';
import { type Front, type FrontOptions, type SeenRequest as Seen, startFront } from './front.ts';
import { type Api, type ApiOptions, createApi, type RouteName } from './handlers.ts';
import type { Intake, IntakeCounts } from './intake-handlers.ts';
import { KeyStore, type KeyStoreOptions, type StoredKey } from './store.ts';
import { type StoredToken, TokenStore, type TokenStoreOptions } from './token-store.ts';

export { type KnownToken, tokens } from './access.ts';
export type { CertificateOptions } from './certificates.ts';
export type { Fault } from './faults.ts';
export type { Stage } from './front.ts';
export type { RouteName } from './handlers.ts';
export type { PlatformName } from './platforms.ts';
export type { StoredKey } from './store.ts';
export type { StoredToken } from './token-store.ts';

export type SeenRequest = Seen<RouteName>;
export type FaultOptions = ChoiceOptions<SeenRequest>;

export interface StackStateOptions
  extends ApiOptions,
    KeyStoreOptions,
    TokenStoreOptions,
    Pick<FrontOptions<RouteName>, 'port' | 'onStage' | 'keepBodies'> {
  /** HTTPS with a new certificate. An object gives options that make the certificate invalid. */
  readonly tls?: boolean | CertificateOptions;
  /** Existing stores, to start a second server over the same keys and tokens. */
  readonly store?: KeyStore;
  readonly tokenStore?: TokenStore;
}

/** A running simulated StackState. Its `url` has no trailing slash and no API path. */
export interface StackState extends Front<RouteName> {
  /** The CA certificate to trust; empty without TLS. */
  readonly caPem: string;
  readonly store: KeyStore;
  readonly tokenStore: TokenStore;
  readonly intake: IntakeCounts;
  /** Accepts or refuses data that comes over OTLP by another protocol than HTTP, and counts it. */
  readonly takeOtlp: Intake['takeOtlp'];
  /** The keys that are not deleted. */
  keys(): readonly StoredKey[];
  /** Adds a key without checking any rules. */
  seed(key: Parameters<KeyStore['seed']>[0]): StoredKey;
  /** The service tokens that are not deleted. */
  serviceTokens(): readonly StoredToken[];
  /** Adds a service token without checking any rules. */
  seedToken(token: Parameters<TokenStore['seed']>[0]): StoredToken;
}

/** Starts a simulated StackState on a real socket of 127.0.0.1. */
export async function startStackState(options: StackStateOptions = {}): Promise<StackState> {
  const store = options.store ?? new KeyStore(options);
  const tokenStore = options.tokenStore ?? new TokenStore(options);
  const api = createApi(store, tokenStore, options);
  const certificate = options.tls ? await createCertificate(options.tls === true ? {} : options.tls) : undefined;
  const front = await startFront<RouteName>({
    name: 'StackState',
    now: store.now,
    port: options.port,
    tls: certificate,
    keepBodies: options.keepBodies,
    errorBody: () => errorsResponse,
    routeOf: (request) => routeOf(api, request),
    handle: (route, request) => getResponse([api.routes[route]], request),
    onStage: options.onStage,
  });
  return Object.assign(front, {
    caPem: certificate?.caPem ?? '',
    store,
    tokenStore,
    intake: api.intake.counts,
    takeOtlp: api.intake.takeOtlp,
    keys: () => store.list(),
    seed: (key: Parameters<KeyStore['seed']>[0]) => store.seed(key),
    serviceTokens: () => tokenStore.list(),
    seedToken: (token: Parameters<TokenStore['seed']>[0]) => tokenStore.seed(token),
  });
}

const errorsResponse = JSON.stringify({
  _type: 'ErrorsResponse',
  trackingKey: 'trk-fault',
  serverTimestamp: 0,
  errors: [{ _type: 'InternalError', message: 'The simulated server was told to fail.' }],
});

async function routeOf(api: Api, request: Request): Promise<RouteName | undefined> {
  for (const [name, handler] of Object.entries(api.routes)) {
    if (handler.info.method === request.method && (await handler.test({ request }))) return name as RouteName;
  }
  return undefined;
}
