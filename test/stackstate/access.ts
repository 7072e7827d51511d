import { trouble } from './responses.ts';
import type { TokenStore } from './token-store.ts';

/** The header a token travels in; exactly one of them is allowed on a request. */
export const tokenHeaders = ['X-API-Token', 'X-API-Key', 'X-API-ServiceBearer'] as const;
export type TokenHeader = (typeof tokenHeaders)[number];

export interface KnownToken {
  readonly header: TokenHeader;
  readonly value: string;
  /** False: the token is accepted but has no permission at all (403). */
  readonly permitted?: boolean;
  /** The only permissions it has; default all. */
  readonly permissions?: readonly string[];
}

/** The tokens a simulated StackState knows unless told otherwise. They are in no list. */
export const tokens = {
  api: 'test-api-token-8GJ2',
  service: 'svctok-test-service-token-Q71',
  k8s: 'test-k8s-sa-token-eyJ0',
  /** A personal API token without any permission. */
  forbidden: 'test-forbidden-token-Z0',
} as const;

export const defaultTokens: readonly KnownToken[] = [
  { header: 'X-API-Token', value: tokens.api },
  { header: 'X-API-Key', value: tokens.service },
  { header: 'X-API-ServiceBearer', value: tokens.k8s },
  { header: 'X-API-Token', value: tokens.forbidden, permitted: false },
];

/** How the platform calls its permissions: one for all that is done with keys, or one for each verb. */
export type PermissionNames = 'manage' | 'per-verb';

/** What a request needs a permission for. Tokens have only one, whatever is done with them. */
export interface Needed {
  readonly noun: 'ingestion-api-keys' | 'service-tokens';
  readonly verb: 'get' | 'create' | 'delete';
}

/**
 * Undefined when the request may go on; else the 401 or 403 that is its response. A service token that was created here is accepted
 * for as long as it lives, with what its roles permit.
 */
export type Check = (request: Request, needed?: Needed) => Response | undefined;

export function createCheck(known: readonly KnownToken[], store: TokenStore, names: PermissionNames): Check {
  const { now } = store;
  return (request, needed) => {
    const sent = tokenHeaders.filter((header) => request.headers.has(header));
    if (sent.length > 1) return trouble(401, 'Unauthorized', `More than one token was sent: ${sent.join(', ')}.`, now);
    const permissions = permissionsOf(request, known, store);
    if (permissions === undefined) return trouble(401, 'Unauthorized', 'The token is missing or not accepted.', now);
    if (needed === undefined || permissions === 'all') return undefined;
    const permission = nameOf(needed, names);
    return permissions.includes(permission) ? undefined : trouble(403, 'Forbidden', `Permission ${permission} is missing.`, now);
  };
}

/** What the sender may do; undefined when it is nobody. */
function permissionsOf(request: Request, known: readonly KnownToken[], store: TokenStore): readonly string[] | 'all' | undefined {
  const token = known.find(({ header, value }) => request.headers.get(header) === value);
  if (token !== undefined) return token.permitted === false ? [] : (token.permissions ?? 'all');
  const service = store.live(request.headers.get('X-API-Key') ?? '');
  return service === undefined ? undefined : store.permissionsOf(service);
}

function nameOf({ noun, verb }: Needed, names: PermissionNames): string {
  return noun === 'service-tokens' || names === 'manage' ? `manage-${noun}` : `${verb}-${noun}`;
}
