import { type HttpHandler, http } from 'msw';
import type { Check } from './access.ts';
import type { Json } from './json.ts';
import { bodyOf, empty, json, trouble } from './responses.ts';
import type { StoredToken, TokenStore } from './token-store.ts';

export type TokenRoute = 'token-list' | 'token-create' | 'token-delete';

export interface TokenApi {
  readonly store: TokenStore;
  readonly check: Check;
  /** URL of the API. */
  readonly base: string;
  /** False: the platform has no service tokens, and responds with 404 to all of these requests. */
  readonly supported: boolean;
}

/** The service tokens, as msw handlers over one store. */
export function tokenHandlers({ store, check, base, supported }: TokenApi): Record<TokenRoute, HttpHandler> {
  const collection = `${base}/security/tokens`;
  const missing = () => trouble(404, 'NotFoundError', 'Not found', store.now);
  const may = (request: Request, verb: 'get' | 'create' | 'delete') => check(request, { noun: 'service-tokens', verb });
  return {
    'token-list': http.get(collection, ({ request }) => {
      if (!supported) return missing();
      return may(request, 'get') ?? json(200, store.list().map(withoutSecret));
    }),
    'token-create': http.post(collection, async ({ request }) => {
      if (!supported) return missing();
      return may(request, 'create') ?? create(store, request);
    }),
    'token-delete': http.delete(`${collection}/:id`, ({ request, params }) => {
      if (!supported) return missing();
      const refusal = may(request, 'delete');
      if (refusal !== undefined) return refusal;
      const id = String(params['id']);
      if (!/^\d{1,19}$/.test(id)) return trouble(400, 'InvalidRequest', `'${id}' is not a valid id.`, store.now);
      if (store.delete(BigInt(id))) return empty(204);
      return trouble(404, 'NotFoundError', `Service token ${id} does not exist.`, store.now);
    }),
  };
}

/** Creates a token. Unlike for a key, the response has no id; only the list tells it. */
async function create(store: TokenStore, request: Request): Promise<Response> {
  const { name, roles, expiryDate, dedicatedSubject } = (await bodyOf(request)) ?? {};
  if (
    typeof name !== 'string' ||
    name === '' ||
    !isListOfStrings(roles) ||
    (expiryDate !== undefined && typeof expiryDate !== 'bigint') ||
    (dedicatedSubject !== undefined && typeof dedicatedSubject !== 'string')
  ) {
    return trouble(400, 'InvalidRequest', 'The body is not a valid service token.', store.now);
  }
  const result = store.create({ name, roles, expiration: expiryDate, dedicatedSubject });
  if (result.outcome === 'invalid-expiry') return json(400, { _type: 'ServiceTokenInvalidExpiryError', message: result.message });
  if (result.outcome !== 'created') return trouble(400, 'InvalidRequest', result.message, store.now);
  const { token, expiration } = result.token;
  return json(200, { name, token, ...(expiration === undefined ? {} : { expiration }) });
}

function isListOfStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string');
}

function withoutSecret({ token: _, ...shown }: StoredToken): Omit<StoredToken, 'token'> & { readonly [name: string]: Json } {
  return shown;
}
