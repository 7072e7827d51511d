import { getResponse } from 'msw';
import { type CertificateOptions, createCertificate } from './certificates.ts';
import type { FaultOptions as ChoiceOptions } from './fault-choice.ts';
import { type Front, type FrontOptions, type SeenRequest as Seen, startFront } from './front.ts';
import { type Api, type ApiOptions, createApi, type IntakeCounts, type RouteName } from './handlers.ts';
import { KeyStore, type KeyStoreOptions, type StoredKey } from './store.ts';

export type { CertificateOptions } from './certificates.ts';
export type { Fault } from './faults.ts';
export type { Stage } from './front.ts';
export { type KnownToken, type RouteName, tokens } from './handlers.ts';
export type { StoredKey } from './store.ts';

export type SeenRequest = Seen<RouteName>;
export type FaultOptions = ChoiceOptions<SeenRequest>;

export interface StackStateOptions
  extends ApiOptions,
    KeyStoreOptions,
    Pick<FrontOptions<RouteName>, 'port' | 'onStage' | 'keepBodies'> {
  /** HTTPS with a certificate of its own; an object makes the certificate a bad one. */
  readonly tls?: boolean | CertificateOptions;
  /** An existing store, to start a second server over the same keys. */
  readonly store?: KeyStore;
}

/** A running simulated StackState. Its `url` has no trailing slash and no API path. */
export interface StackState extends Front<RouteName> {
  /** The CA certificate to trust; empty without TLS. */
  readonly caPem: string;
  readonly store: KeyStore;
  readonly intake: IntakeCounts;
  /** The keys that are not deleted. */
  keys(): readonly StoredKey[];
  /** Puts a key in, past all rules. */
  seed(key: Parameters<KeyStore['seed']>[0]): StoredKey;
}

/** Starts a simulated StackState on a real socket of 127.0.0.1. */
export async function startStackState(options: StackStateOptions = {}): Promise<StackState> {
  const store = options.store ?? new KeyStore(options);
  const api = createApi(store, options);
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
    intake: api.intake,
    keys: () => store.list(),
    seed: (key: Parameters<KeyStore['seed']>[0]) => store.seed(key),
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
    if (await handler.test({ request })) return name as RouteName;
  }
  return undefined;
}
