import { type HttpHandler, HttpResponse, http } from 'msw';
import { origin } from './front.ts';
import { type Json, readJson, writeJson } from './json.ts';
import type { KeyStore, StoredKey } from './store.ts';

/** The header a token travels in; exactly one of them is allowed on a request. */
export const tokenHeaders = ['X-API-Token', 'X-API-Key', 'X-API-ServiceBearer'] as const;
export type TokenHeader = (typeof tokenHeaders)[number];

export interface KnownToken {
  readonly header: TokenHeader;
  readonly value: string;
  /** False: the token is accepted but may not manage keys (403). */
  readonly permitted?: boolean;
}

/** The tokens a simulated StackState knows unless told otherwise. */
export const tokens = {
  api: 'test-api-token-8GJ2',
  service: 'svctok-test-service-token-Q71',
  k8s: 'test-k8s-sa-token-eyJ0',
  /** A personal API token without permission to manage keys. */
  forbidden: 'test-forbidden-token-Z0',
} as const;

const defaultTokens: readonly KnownToken[] = [
  { header: 'X-API-Token', value: tokens.api },
  { header: 'X-API-Key', value: tokens.service },
  { header: 'X-API-ServiceBearer', value: tokens.k8s },
  { header: 'X-API-Token', value: tokens.forbidden, permitted: false },
];

export interface ApiOptions {
  /** Path of the API under the server's URL; default `/api`, `''` for none. */
  readonly apiPath?: string;
  readonly tokens?: readonly KnownToken[];
  /** The platform's Receiver API Key, accepted by the intake and by `authorize?withReceiverKey=true`. */
  readonly receiverKey?: string;
  /** False: a server too old or too new, 404 on everything under `/security/ingestion`. */
  readonly ingestionApiKeys?: boolean;
  /** False: the keys exist, `authorize` does not (404). */
  readonly authorize?: boolean;
  /** Merged over the answer of `/server/info`. */
  readonly serverInfo?: { readonly [name: string]: Json };
}

/** What the intake took and refused, per route. */
export type IntakeCounts = Record<IntakeRoute, { accepted: number; refused: number }>;
export type IntakeRoute = 'intake' | 'traces' | 'metrics' | 'logs';
export type RouteName = 'info' | 'list' | 'create' | 'delete' | 'authorize' | IntakeRoute;

export interface Api {
  /** One msw handler a route. */
  readonly routes: Readonly<Record<RouteName, HttpHandler>>;
  readonly intake: IntakeCounts;
}

/** The StackState API and the intake the keys are for, as msw handlers over one store. */
export function createApi(store: KeyStore, options: ApiOptions = {}): Api {
  const base = `${origin}${options.apiPath ?? '/api'}`;
  const collection = `${base}/security/ingestion/api_keys`;
  const known = options.tokens ?? defaultTokens;
  const supported = options.ingestionApiKeys ?? true;
  const intake: IntakeCounts = {
    intake: { accepted: 0, refused: 0 },
    traces: { accepted: 0, refused: 0 },
    metrics: { accepted: 0, refused: 0 },
    logs: { accepted: 0, refused: 0 },
  };
  const refusalOf = (request: Request, needsPermission: boolean) => checkToken(request, known, needsPermission, store.now);
  const notFound = (what: string) => trouble(404, 'NotFoundError', what, store.now);
  const accepts = (key: string | null | undefined) =>
    key !== undefined && key !== null && (store.isLive(key) || key === options.receiverKey);
  const take = (route: IntakeRoute, key: string | null | undefined) => {
    const accepted = accepts(key);
    intake[route][accepted ? 'accepted' : 'refused'] += 1;
    return accepted ? json(200, {}) : trouble(403, 'Forbidden', 'The API key is not valid.', store.now);
  };
  const otlp = (route: 'traces' | 'metrics' | 'logs') =>
    http.post(`${origin}/v1/${route}`, ({ request }) => take(route, keyOfAuthorization(request.headers.get('authorization'))));

  const routes = {
    info: http.get(`${base}/server/info`, ({ request }) => refusalOf(request, false) ?? json(200, infoOf(options.serverInfo))),
    list: http.get(collection, ({ request }) => {
      if (!supported) return notFound('Not found');
      return refusalOf(request, true) ?? json(200, store.list().map(withoutSecret));
    }),
    create: http.post(collection, async ({ request }) => {
      if (!supported) return notFound('Not found');
      return refusalOf(request, true) ?? create(store, request);
    }),
    delete: http.delete(`${collection}/:id`, ({ request, params }) => {
      if (!supported) return notFound('Not found');
      const refusal = refusalOf(request, true);
      if (refusal !== undefined) return refusal;
      const id = String(params['id']);
      if (!/^\d{1,19}$/.test(id)) return trouble(400, 'InvalidRequest', `'${id}' is not a valid id.`, store.now);
      return store.delete(BigInt(id))
        ? new HttpResponse(null, { status: 204 })
        : notFound(`Ingestion API key ${id} does not exist.`);
    }),
    authorize: http.post(`${base}/security/ingestion/authorize`, async ({ request }) => {
      if (!supported || options.authorize === false) return notFound('Not found');
      const refusal = refusalOf(request, false);
      if (refusal !== undefined) return refusal;
      const body = await bodyOf(request);
      const key = body?.['apiKey'];
      if (typeof key !== 'string') return trouble(400, 'InvalidRequest', 'apiKey is required.', store.now);
      const withReceiverKey = new URL(request.url).searchParams.get('withReceiverKey') === 'true';
      return new HttpResponse(null, { status: store.isLive(key) || (withReceiverKey && accepts(key)) ? 204 : 403 });
    }),
    intake: http.post(`${origin}/receiver/stsAgent/intake`, ({ request }) =>
      take('intake', new URL(request.url).searchParams.get('api_key')),
    ),
    traces: otlp('traces'),
    metrics: otlp('metrics'),
    logs: otlp('logs'),
  };
  return { routes, intake };
}

async function create(store: KeyStore, request: Request): Promise<Response> {
  const body = await bodyOf(request);
  const { name, description, expiration } = body ?? {};
  if (
    typeof name !== 'string' ||
    name === '' ||
    (description !== undefined && typeof description !== 'string') ||
    (expiration !== undefined && typeof expiration !== 'bigint')
  ) {
    return trouble(400, 'InvalidRequest', 'The body is not a valid ingestion API key.', store.now);
  }
  const result = store.create({ name, description, expiration });
  if (result.outcome === 'invalid-expiry') {
    return json(400, { _type: 'IngestionApiKeyInvalidExpiryError', message: result.message });
  }
  if (result.outcome === 'duplicate-name') return trouble(400, 'DuplicateName', result.message, store.now);
  return json(200, { ...withoutSecret(result.key), apiKey: result.key.apiKey });
}

function withoutSecret({ apiKey: _, ...key }: StoredKey): Omit<StoredKey, 'apiKey'> & { readonly [name: string]: Json } {
  return key;
}

/** The request's body as an object; undefined when it is none, or not sent as JSON. */
async function bodyOf(request: Request): Promise<Record<string, unknown> | undefined> {
  if (!/^application\/json\b/i.test(request.headers.get('content-type') ?? '')) return undefined;
  try {
    const body = readJson(await request.text());
    return typeof body === 'object' && body !== null ? { ...body } : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined when the request may go on; else the 401 or 403 that answers it. */
function checkToken(
  request: Request,
  known: readonly KnownToken[],
  needsPermission: boolean,
  now: () => number,
): Response | undefined {
  const sent = tokenHeaders.filter((header) => request.headers.has(header));
  if (sent.length > 1) return trouble(401, 'Unauthorized', `More than one token was sent: ${sent.join(', ')}.`, now);
  const token = known.find(({ header, value }) => request.headers.get(header) === value);
  if (token === undefined) return trouble(401, 'Unauthorized', 'The token is missing or not accepted.', now);
  if (needsPermission && token.permitted === false) {
    return trouble(403, 'Forbidden', 'Permission manage-ingestion-api-keys is missing.', now);
  }
  return undefined;
}

function keyOfAuthorization(header: string | null): string | undefined {
  return /^(?:StackState|SUSEObservability) (\S+)$/.exec(header ?? '')?.[1];
}

function infoOf(changes: { readonly [name: string]: Json } = {}): Json {
  const version = { major: 6, minor: 0, patch: 0, diff: '', commit: 'c0ffee1', isDev: false };
  return { version, deploymentMode: 'SelfHosted', platformVersion: '2.0.0', ...changes };
}

function trouble(status: number, type: string, message: string, now: () => number): Response {
  const errors = [{ _type: type, message }];
  return json(status, { _type: 'ErrorsResponse', trackingKey: 'trk-1', serverTimestamp: BigInt(now()), errors });
}

function json(status: number, body: Json): Response {
  return new HttpResponse(writeJson(body), { status, headers: { 'Content-Type': 'application/json' } });
}
