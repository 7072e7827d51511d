import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Resource } from './objects.ts';
import { forbidden, unauthorized } from './status.ts';

/** What a user may do, as one rule of an RBAC role. `*` stands for everything. */
export interface Rule {
  readonly verbs: readonly string[];
  /** Plurals, with their subresource if any: `secrets`, `deployments/scale`. */
  readonly resources: readonly string[];
  /** Default all groups. */
  readonly apiGroups?: readonly string[];
  /** Default all names. A rule with names never allows `create`, and `list` only where one name is selected. */
  readonly resourceNames?: readonly string[];
  /** Default all namespaces, and what stands in none. */
  readonly namespaces?: readonly string[];
}

export interface User {
  readonly name: string;
  /** Bearer tokens that are this user's. */
  readonly tokens?: readonly string[];
  readonly rules: readonly Rule[];
}

/** What a request wants to do with a resource. */
export interface Attributes {
  readonly verb: string;
  readonly plural: string;
  readonly group: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

const anonymous: User = { name: 'system:anonymous', rules: [] };

/** Everything, everywhere. */
export const everything: readonly Rule[] = [{ verbs: ['*'], resources: ['*'] }];

/** Who may reach a simulated cluster, and what each may do; it can be changed while the server runs. */
export class Access {
  readonly #users = new Map<string, User>();
  readonly #byToken = new Map<string, string>();
  readonly #anonymous: boolean;

  /** @param allowAnonymous whether a request without credentials is `system:anonymous` (as it is by default) or 401. */
  constructor(users: readonly User[], allowAnonymous: boolean) {
    this.#anonymous = allowAnonymous;
    for (const user of users) this.set(user);
  }

  /** Adds a user, or replaces the one of that name: its old tokens are no longer accepted. */
  set(user: User): void {
    for (const [token, name] of this.#byToken) if (name === user.name) this.#byToken.delete(token);
    this.#users.set(user.name, user);
    for (const token of user.tokens ?? []) this.#byToken.set(token, user.name);
  }

  user(name: string): User | undefined {
    return this.#users.get(name);
  }

  /**
   * Who sends a request: by client certificate (its common name), else by bearer token.
   * @throws StatusError 401 when the credentials are not accepted.
   */
  authenticate(authorization: string | null, socket: Socket): User {
    // Null, whatever the types say, once the connection is gone: the client may have been killed.
    const certificate = socket instanceof TLSSocket ? (socket.getPeerCertificate() ?? undefined) : undefined;
    if (socket instanceof TLSSocket && certificate !== undefined && Object.keys(certificate).length > 0) {
      if (!socket.authorized) throw unauthorized();
      const name = String(certificate.subject.CN);
      return this.#users.get(name) ?? { name, rules: [] };
    }
    const token = /^bearer +(\S+)\s*$/i.exec(authorization ?? '')?.[1];
    if (token !== undefined) {
      const user = this.#users.get(this.#byToken.get(token) ?? '');
      if (user === undefined) throw unauthorized();
      return user;
    }
    if (!this.#anonymous) throw unauthorized();
    return anonymous;
  }
}

/** Whether a user's rules allow something. */
export function allows(user: User, wanted: Attributes): boolean {
  const plural = wanted.subresource === undefined ? wanted.plural : `${wanted.plural}/${wanted.subresource}`;
  const has = (list: readonly string[] | undefined, value: string | undefined) =>
    list === undefined || list.includes('*') || (value !== undefined && list.includes(value));
  return user.rules.some(
    (rule) =>
      has(rule.verbs, wanted.verb) &&
      has(rule.resources, plural) &&
      has(rule.apiGroups, wanted.group) &&
      has(rule.resourceNames, wanted.name) &&
      has(rule.namespaces, wanted.namespace),
  );
}

/** @throws StatusError 403 when the user's rules do not allow it. */
export function requirePermission(
  user: User,
  verb: string,
  resource: Resource,
  place: Omit<Attributes, 'verb' | 'plural' | 'group'>,
): void {
  const { plural, group } = resource;
  // A review of one's own access is open to whoever is authenticated.
  if (plural === 'selfsubjectaccessreviews' && user !== anonymous) return;
  if (!allows(user, { verb, plural, group, ...place })) throw forbidden(user.name, verb, resource, place);
}

/** Whether a user may read a path that is no resource: the version for everybody, the discovery for who is known. */
export function mayReadPath(user: User, path: string): boolean {
  return user !== anonymous || /^\/(version|healthz|livez|readyz)\/?$/.test(path);
}
