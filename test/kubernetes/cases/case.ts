import { type CallOptions, type Method, pathOf } from '../caller.ts';
import type { JsonObject } from '../objects.ts';

/** Somebody that both the simulated and a real server know. */
export type Caller = 'admin' | 'limited' | 'nobody' | 'anonymous' | 'wrong-token';

export interface Step extends Pick<CallOptions, 'body' | 'type'> {
  readonly as?: Caller;
  readonly method: Method;
  /** Path, in which `NAME` stands for a name of the case's own. In the body it does so, too. */
  readonly path: string;
  /** Send the `resourceVersion` that the Secret had before the first step. */
  readonly stale?: boolean;
}

export interface Case {
  readonly title: string;
  /** Sent one after the other. A Secret `NAME` with the fields `API_KEY` and `other` exists before, unless `absent`. */
  readonly steps: readonly Step[];
  readonly absent?: boolean;
  /** What the last response is to be: its status, and for failures the reason and the message. */
  readonly status: number;
  readonly reason?: string;
  readonly message?: string | RegExp;
}

/** Paths of the case's own Secret, of all Secrets, of the one that the role names, and of reviews of access. */
export const one = pathOf('secrets', 'cases', 'NAME');
export const all = pathOf('secrets', 'cases');
export const limitedSecret = pathOf('secrets', 'cases', 'limited');
export const reviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

/** What the role of `limited` allows, in the form that both servers are given it. */
export const limitedRules = [
  { verbs: ['get', 'patch'], apiGroups: [''], resources: ['secrets'], resourceNames: ['limited'] },
  { verbs: ['get'], apiGroups: ['apps'], resources: ['deployments'], resourceNames: ['limited'] },
  { verbs: ['list'], apiGroups: [''], resources: ['pods'] },
];

/** A merge patch of the case's own Secret. */
export function merge(body: JsonObject, more: Partial<Step> = {}): Step {
  return { method: 'PATCH', path: one, body, ...more };
}

/** A new Secret. */
export function create(body: JsonObject, more: Partial<Step> = {}): Step {
  return { method: 'POST', path: all, body, ...more };
}

/** The message of a request that RBAC does not allow. */
export function cannot(verb: string, what: string, plural: string, group = '', user = 'limited'): string {
  return `${what} is forbidden: User "${user}" cannot ${verb} resource "${plural}" in API group "${group}" in the namespace "cases"`;
}

/** The change of the field `API_KEY` to this text. */
export const key = (text: string) => ({ data: { API_KEY: Buffer.from(text).toString('base64') } });
export const get: Step = { method: 'GET', path: one };
export const modified = `Operation cannot be fulfilled on secrets "NAME": the object has been modified; please apply your changes to the latest version and try again`;
export const immutable = 'field is immutable when `immutable` is set';
