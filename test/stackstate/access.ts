import { trouble } from './responses.ts';
import type { TokenStore } from './token-store.ts';

/** The headers for tokens. A request may have exactly one of them. */
const tokenHeaders = ['X-API-Token', 'X-API-Key', 'X-API-ServiceBearer'] as const;
export type TokenHeader = (typeof tokenHeaders)[number];

export interface KnownToken {
  readonly header: TokenHeader;
  readonly value: string;
  /** False: the token is accepted, but has no permissions (403). */
  readonly permitted?: boolean;
  /** The permissions of the token; default all. */
  readonly permissions?: readonly string[];
}

/** The default tokens of a simulated StackState. They do not appear in any list. */
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

/** How the platform names its permissions: one for everything that is done with keys, or one for each verb. */
export type PermissionNames = 'manage' | 'per-verb';

/** The permission that a request needs. For tokens there is only one permission, whatever the verb is. */
export interface Needed {
  readonly noun: 'ingestion-api-keys' | 'service-tokens';
  readonly verb: 'get' | 'create' | 'delete';
}

/**
 * Gives undefined if the request is allowed, otherwise its response: 401 or 403. A service token that was created here is accepted until it
 * is deleted or expires, with the permissions of its roles.
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

/** The permissions of the sender; undefined if the sender is not known. */
function permissionsOf(request: Request, known: readonly KnownToken[], store: TokenStore): readonly string[] | 'all' | undefined {
  const token = known.find(({ header, value }) => request.headers.get(header) === value);
  if (token !== undefined) return token.permitted === false ? [] : (token.permissions ?? 'all');
  const service = store.live(request.headers.get('X-API-Key') ?? '');
  return service === undefined ? undefined : store.permissionsOf(service);
}

function nameOf({ noun, verb }: Needed, names: PermissionNames): string {
  return noun === 'service-tokens' || names === 'manage' ? `manage-${noun}` : `${verb}-${noun}`;
}
