import { type HttpHandler, http } from 'msw';
import type { Check } from './access.ts';
import type { Json } from './json.ts';
import { bodyOf, empty, json, trouble } from './responses.ts';
import type { KeyStore, StoredKey } from './store.ts';

export type KeyRoute = 'list' | 'create' | 'delete' | 'authorize' | 'internal-authorize';

export interface KeyApi {
  readonly store: KeyStore;
  readonly check: Check;
  /** The URL of the API, and that of its host. */
  readonly base: string;
  readonly origin: string;
  /** False: the platform has no ingestion API keys, and responds with 404 to all of these requests. */
  readonly supported: boolean;
  /** False: there are keys, but no `authorize` (404). */
  readonly authorize: boolean;
  readonly receiverKey: string | undefined;
}

/** The ingestion API keys, as msw handlers over one store. */
export function keyHandlers({ store, check, base, origin, supported, ...options }: KeyApi): Record<KeyRoute, HttpHandler> {
  const collection = `${base}/security/ingestion/api_keys`;
  const missing = () => trouble(404, 'NotFoundError', 'Not found', store.now);
  const may = (request: Request, verb: 'get' | 'create' | 'delete') => check(request, { noun: 'ingestion-api-keys', verb });
  const authorized = async (request: Request, withReceiverKey: boolean) => {
    const key = (await bodyOf(request))?.['apiKey'];
    if (typeof key !== 'string') return trouble(400, 'InvalidRequest', 'apiKey is required.', store.now);
    return empty(store.isLive(key) || (withReceiverKey && key === options.receiverKey) ? 204 : 403);
  };
  return {
    list: http.get(collection, ({ request }) => {
      if (!supported) return missing();
      return may(request, 'get') ?? json(200, store.list().map(withoutSecret));
    }),
    create: http.post(collection, async ({ request }) => {
      if (!supported) return missing();
      return may(request, 'create') ?? create(store, request);
    }),
    delete: http.delete(`${collection}/:id`, ({ request, params }) => {
      if (!supported) return missing();
      const refusal = may(request, 'delete');
      if (refusal !== undefined) return refusal;
      const id = String(params['id']);
      if (!/^\d{1,19}$/.test(id)) return trouble(400, 'InvalidRequest', `'${id}' is not a valid id.`, store.now);
      if (store.delete(BigInt(id))) return empty(204);
      return trouble(404, 'NotFoundError', `Ingestion API key ${id} does not exist.`, store.now);
    }),
    authorize: http.post(`${base}/security/ingestion/authorize`, async ({ request }) => {
      if (!supported || !options.authorize) return missing();
      const withReceiverKey = new URL(request.url).searchParams.get('withReceiverKey') === 'true';
      return check(request) ?? authorized(request, withReceiverKey);
    }),
    // Only the platform's own collector can reach this route, so it needs no token.
    'internal-authorize': http.post(`${origin}/internal/api/security/ingestion/authorize`, ({ request }) =>
      supported ? authorized(request, true) : missing(),
    ),
  };
}

async function create(store: KeyStore, request: Request): Promise<Response> {
  const { name, description, expiration } = (await bodyOf(request)) ?? {};
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
