import { type Called, type CallOptions, type Method, pathOf } from './caller.ts';
import { isObject, type JsonObject, membersOf } from './objects.ts';

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

const one = pathOf('secrets', 'cases', 'NAME');
const all = pathOf('secrets', 'cases');
const limitedSecret = pathOf('secrets', 'cases', 'limited');
const reviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

/** What the role of `limited` allows, in the form that both servers are given it. */
export const limitedRules = [
  { verbs: ['get', 'patch'], apiGroups: [''], resources: ['secrets'], resourceNames: ['limited'] },
  { verbs: ['get'], apiGroups: ['apps'], resources: ['deployments'], resourceNames: ['limited'] },
  { verbs: ['list'], apiGroups: [''], resources: ['pods'] },
];

function merge(body: JsonObject, more: Partial<Step> = {}): Step {
  return { method: 'PATCH', path: one, body, ...more };
}

function create(body: JsonObject, more: Partial<Step> = {}): Step {
  return { method: 'POST', path: all, body, ...more };
}

function cannot(verb: string, what: string, plural: string, group = '', user = 'limited'): string {
  return `${what} is forbidden: User "${user}" cannot ${verb} resource "${plural}" in API group "${group}" in the namespace "cases"`;
}

const key = (text: string) => ({ data: { API_KEY: Buffer.from(text).toString('base64') } });
const get: Step = { method: 'GET', path: one };
const modified = `Operation cannot be fulfilled on secrets "NAME": the object has been modified; please apply your changes to the latest version and try again`;
const immutable = 'field is immutable when `immutable` is set';

/** Facts of the Kubernetes API that a client which keeps its journal in a Secret lives by. The same on both servers. */
export const cases: readonly Case[] = [
  // Reading and changing.
  { title: 'a Secret is read whole', steps: [get], status: 200 },
  { title: 'a merge patch changes the fields it names', steps: [merge(key('new')), get], status: 200 },
  { title: 'null in a merge patch removes a field', steps: [merge({ data: { other: null } }), get], status: 200 },
  {
    title: 'the last annotation removed leaves no empty map',
    steps: [merge({ metadata: { annotations: { kept: null } } }), get],
    status: 200,
  },
  { title: 'null removes all data', steps: [merge({ data: null }), get], status: 200 },
  { title: 'a patch that changes nothing leaves the version', steps: [merge({}), merge(key('old')), get], status: 200 },
  { title: 'stringData becomes data', steps: [merge({ stringData: { API_KEY: 'text' } }), get], status: 200 },
  {
    title: 'stringData wins over data',
    steps: [merge({ ...key('data'), stringData: { API_KEY: 'text' } }), get],
    status: 200,
  },
  { title: 'an unknown member is dropped', steps: [merge({ unknown: 1 }), get], status: 200 },
  {
    title: 'a strategic merge patch does the same to a Secret',
    steps: [merge(key('new'), { type: 'application/strategic-merge-patch+json' }), get],
    status: 200,
  },
  {
    title: 'the type of a patch may have parameters',
    steps: [merge(key('new'), { type: 'application/merge-patch+json; charset=utf-8' })],
    status: 200,
  },
  {
    title: 'a patch under another type',
    steps: [merge(key('new'), { type: 'application/json' })],
    status: 415,
    reason: 'UnsupportedMediaType',
  },
  { title: 'a patch that is no JSON', steps: [merge({}, { body: '{"data":' })], status: 400, reason: 'BadRequest' },
  { title: 'a patch that is a list', steps: [merge({}, { body: '[]' })], status: 400, reason: 'BadRequest' },
  {
    title: 'a patch of what is not there',
    steps: [merge(key('new'))],
    absent: true,
    status: 404,
    reason: 'NotFound',
    message: 'secrets "NAME" not found',
  },
  { title: 'a read of what is not there', steps: [get], absent: true, status: 404, reason: 'NotFound' },
  {
    title: 'a read in a namespace that is not there',
    steps: [{ method: 'GET', path: pathOf('secrets', 'nowhere', 'NAME') }],
    status: 404,
    message: 'secrets "NAME" not found',
  },
  // Optimistic locking.
  { title: 'a patch under the present version', steps: [merge(key('new'), { stale: true })], status: 200 },
  {
    title: 'a patch under a version that is gone by',
    steps: [merge({ metadata: { labels: { touched: 'yes' } } }), merge(key('new'), { stale: true })],
    status: 409,
    reason: 'Conflict',
    message: modified,
  },
  {
    title: 'a patch that would change nothing, under a version that is gone by',
    steps: [merge({ metadata: { labels: { touched: 'yes' } } }), merge({}, { stale: true })],
    status: 409,
    reason: 'Conflict',
  },
  {
    title: 'a dry run under a version that is gone by',
    steps: [merge({ metadata: { labels: { touched: 'yes' } } }), merge(key('new'), { stale: true, path: `${one}?dryRun=All` })],
    status: 409,
    reason: 'Conflict',
    message: modified,
  },
  { title: 'an empty version is none', steps: [merge({ metadata: { resourceVersion: '' }, ...key('new') })], status: 200 },
  {
    title: 'a version that is none',
    steps: [merge({ metadata: { resourceVersion: 'abc' }, ...key('new') })],
    status: 500,
    message: 'strconv.ParseUint: parsing "abc": invalid syntax',
  },
  { title: 'a foreign uid', steps: [merge({ metadata: { uid: 'foreign' } })], status: 422, reason: 'Invalid' },
  { title: 'another name', steps: [merge({ metadata: { name: 'foreign' } })], status: 400, reason: 'BadRequest' },
  { title: 'another namespace', steps: [merge({ metadata: { namespace: 'foreign' } })], status: 400, reason: 'BadRequest' },
  // Dry runs.
  {
    title: 'a dry run says what would be, under the present version',
    steps: [merge(key('new'), { path: `${one}?dryRun=All` })],
    status: 200,
  },
  { title: 'a dry run changes nothing', steps: [merge(key('new'), { path: `${one}?dryRun=All` }), get], status: 200 },
  {
    title: 'a dry run of something else',
    steps: [merge(key('new'), { path: `${one}?dryRun=yes` })],
    status: 422,
    reason: 'Invalid',
  },
  {
    title: 'a dry run of a creation creates nothing',
    absent: true,
    steps: [create({ metadata: { name: 'NAME' }, ...key('new') }, { path: `${all}?dryRun=All` }), get],
    status: 404,
  },
  // What cannot be changed, and what is not valid.
  {
    title: 'data of an immutable Secret',
    steps: [merge({ immutable: true }), merge(key('new'))],
    status: 422,
    reason: 'Invalid',
    message: `Secret "NAME" is invalid: data: Forbidden: ${immutable}`,
  },
  {
    title: 'a dry run on an immutable Secret',
    steps: [merge({ immutable: true }), merge(key('new'), { path: `${one}?dryRun=All` })],
    status: 422,
    reason: 'Invalid',
  },
  {
    title: 'annotations of an immutable Secret',
    steps: [merge({ immutable: true }), merge({ metadata: { annotations: { a: 'b' } } })],
    status: 200,
  },
  {
    title: 'an immutable Secret stays so',
    steps: [merge({ immutable: true }), merge({ immutable: null, type: 'other' })],
    status: 422,
    reason: 'Invalid',
  },
  {
    title: 'another type',
    steps: [merge({ type: 'other' })],
    status: 422,
    reason: 'Invalid',
    message: 'Secret "NAME" is invalid: type: Invalid value: "other": field is immutable',
  },
  {
    title: 'data that is no base64',
    steps: [merge({ data: { API_KEY: 'not base64' } })],
    status: 422,
    reason: 'Invalid',
    message: /illegal base64 data at input byte 3$/,
  },
  {
    title: 'data without its padding',
    steps: [merge({ data: { API_KEY: 'YWI' } })],
    status: 422,
    reason: 'Invalid',
    message: /illegal base64 data at input byte \d$/,
  },
  { title: 'data with line breaks', steps: [merge({ data: { API_KEY: 'YWJj\nYWJj\r\n' } })], status: 200 },
  { title: 'data that is a number', steps: [merge({ data: { API_KEY: 1 } })], status: 422, reason: 'Invalid' },
  {
    title: 'an annotation that is a number',
    steps: [merge({ metadata: { annotations: { id: 1 } } })],
    status: 422,
    reason: 'Invalid',
  },
  { title: 'a field name that cannot be', steps: [merge({ data: { 'a b': 'eA==' } })], status: 422, reason: 'Invalid' },
  { title: 'a field name with dashes and dots', steps: [merge({ data: { 'sts-api.key_1': 'eA==' } })], status: 200 },
  {
    title: 'annotations that are too large',
    steps: [merge({ metadata: { annotations: { a: 'x'.repeat(262_144) } } })],
    status: 422,
    reason: 'Invalid',
  },
  // Creation and deletion.
  {
    title: 'a new Secret',
    absent: true,
    steps: [create({ metadata: { name: 'NAME', labels: { a: 'b' } }, ...key('new') })],
    status: 201,
  },
  {
    title: 'a new Secret with its kind, type and namespace',
    absent: true,
    steps: [
      create({
        apiVersion: 'v1',
        kind: 'Secret',
        type: 'Opaque',
        metadata: { name: 'NAME', namespace: 'cases' },
        stringData: { API_KEY: 'x' },
      }),
    ],
    status: 201,
  },
  {
    title: 'a new Secret with a version',
    absent: true,
    steps: [create({ metadata: { name: 'NAME', resourceVersion: '1' } })],
    status: 500,
  },
  {
    title: 'a new Secret whose uid and managers somebody made up',
    absent: true,
    steps: [
      create({
        metadata: { name: 'NAME', uid: 'made-up', creationTimestamp: '2001-01-01T00:00:00Z', generation: 7, managedFields: [] },
      }),
      get,
    ],
    status: 200,
  },
  {
    title: 'a new Secret that is there',
    steps: [create({ metadata: { name: 'NAME' } })],
    status: 409,
    reason: 'AlreadyExists',
    message: 'secrets "NAME" already exists',
  },
  {
    title: 'a new Secret in a namespace that is not there',
    absent: true,
    steps: [create({ metadata: { name: 'NAME' } }, { path: pathOf('secrets', 'nowhere') })],
    status: 404,
    reason: 'NotFound',
    message: 'namespaces "nowhere" not found',
  },
  {
    title: 'a dry run in a namespace that is not there',
    absent: true,
    steps: [create({ metadata: { name: 'NAME' } }, { path: `${pathOf('secrets', 'nowhere')}?dryRun=All` })],
    status: 404,
    reason: 'NotFound',
  },
  {
    title: 'a new Secret for another namespace',
    absent: true,
    steps: [create({ metadata: { name: 'NAME', namespace: 'foreign' } })],
    status: 400,
    reason: 'BadRequest',
  },
  {
    title: 'a new Secret whose name cannot be',
    absent: true,
    steps: [create({ metadata: { name: 'NAME_A' } })],
    status: 422,
    reason: 'Invalid',
  },
  { title: 'a new Secret without a name', absent: true, steps: [create({ metadata: {} })], status: 422, reason: 'Invalid' },
  {
    title: 'a new Secret with data that is no base64',
    absent: true,
    steps: [create({ metadata: { name: 'NAME' }, data: { API_KEY: '!' } })],
    status: 400,
    reason: 'BadRequest',
  },
  {
    title: 'a new TLS Secret without its fields',
    absent: true,
    steps: [create({ metadata: { name: 'NAME' }, type: 'kubernetes.io/tls' })],
    status: 422,
    reason: 'Invalid',
  },
  { title: 'a deletion', steps: [{ method: 'DELETE', path: one }], status: 200 },
  {
    title: 'a deletion of what is not there',
    absent: true,
    steps: [{ method: 'DELETE', path: one }],
    status: 404,
    reason: 'NotFound',
  },
  {
    title: 'a deletion of another uid',
    steps: [{ method: 'DELETE', path: one, body: { preconditions: { uid: 'foreign' } } }],
    status: 409,
    reason: 'Conflict',
  },
  {
    title: 'a deletion of another version',
    steps: [{ method: 'DELETE', path: one, body: { preconditions: { resourceVersion: '1' } } }],
    status: 409,
    reason: 'Conflict',
  },
  { title: 'a dry run of a deletion', steps: [{ method: 'DELETE', path: `${one}?dryRun=All` }, get], status: 200 },
  // Who may.
  {
    title: 'no credentials',
    steps: [{ ...get, as: 'anonymous' }],
    status: 403,
    reason: 'Forbidden',
    message: cannot('get', 'secrets "NAME"', 'secrets', '', 'system:anonymous'),
  },
  {
    title: 'a token that nobody has',
    steps: [{ ...get, as: 'wrong-token' }],
    status: 401,
    reason: 'Unauthorized',
    message: 'Unauthorized',
  },
  {
    title: 'a role that names one Secret: that one',
    steps: [{ method: 'GET', path: limitedSecret, as: 'limited' }],
    status: 200,
  },
  {
    title: 'a role that names one Secret: another one',
    steps: [{ ...get, as: 'limited' }],
    status: 403,
    reason: 'Forbidden',
    message: cannot('get', 'secrets "NAME"', 'secrets'),
  },
  {
    title: 'a role that names one Secret: its list',
    steps: [{ method: 'GET', path: all, as: 'limited' }],
    status: 403,
    reason: 'Forbidden',
    message: cannot('list', 'secrets', 'secrets'),
  },
  {
    title: 'a role that names one Secret: its deletion',
    steps: [{ method: 'DELETE', path: limitedSecret, as: 'limited' }],
    status: 403,
    message: cannot('delete', 'secrets "limited"', 'secrets'),
  },
  {
    title: 'a role that names one Secret: its creation',
    steps: [create({ metadata: { name: 'limited' } }, { as: 'limited' })],
    status: 403,
    message: cannot('create', 'secrets', 'secrets'),
  },
  {
    title: 'a role without patch: a dry run of one',
    steps: [merge({}, { path: `${pathOf('deployments', 'cases', 'limited')}?dryRun=All`, as: 'limited' })],
    status: 403,
    message: cannot('patch', 'deployments.apps "limited"', 'deployments', 'apps'),
  },
  {
    title: 'a role that may: a Deployment that is not there',
    steps: [{ method: 'GET', path: pathOf('deployments', 'cases', 'limited'), as: 'limited' }],
    status: 404,
    message: 'deployments.apps "limited" not found',
  },
  {
    title: 'a role that may list pods',
    steps: [{ method: 'GET', path: `${pathOf('pods', 'cases')}?labelSelector=app%3Dnone`, as: 'limited' }],
    status: 200,
  },
  {
    title: 'a review of what is allowed',
    steps: [
      {
        method: 'POST',
        path: reviews,
        as: 'limited',
        body: { spec: { resourceAttributes: { verb: 'patch', resource: 'secrets', namespace: 'cases', name: 'limited' } } },
      },
    ],
    status: 201,
  },
  {
    title: 'a review of what is not',
    steps: [
      {
        method: 'POST',
        path: reviews,
        as: 'limited',
        body: { spec: { resourceAttributes: { verb: 'patch', resource: 'secrets', namespace: 'cases', name: 'NAME' } } },
      },
    ],
    status: 201,
  },
  {
    title: 'a review by nobody in particular',
    steps: [
      {
        method: 'POST',
        path: reviews,
        as: 'nobody',
        body: { spec: { resourceAttributes: { verb: 'create', resource: 'secrets', namespace: 'cases' } } },
      },
    ],
    status: 201,
  },
  {
    title: 'a review without credentials',
    steps: [
      {
        method: 'POST',
        path: reviews,
        as: 'anonymous',
        body: { spec: { resourceAttributes: { verb: 'get', resource: 'secrets' } } },
      },
    ],
    status: 403,
  },
  { title: 'the discovery, without credentials', steps: [{ method: 'GET', path: '/apis', as: 'anonymous' }], status: 403 },
];

export interface Outcome {
  /** Of every step. */
  readonly responses: readonly { readonly status: number; readonly body: unknown }[];
  /** How many versions the Secret had gone through before each response that bears one. */
  readonly last: Called;
}

/** Sends a case's steps to a server, and makes what comes back comparable. */
export async function runCase(
  { steps, absent }: Case,
  name: string,
  send: (as: Caller, method: Method, path: string, options: Pick<CallOptions, 'body' | 'type'>) => Promise<Called>,
): Promise<Outcome> {
  const seen: string[] = [];
  if (absent !== true) {
    const seeded = { metadata: { name, annotations: { kept: 'yes' } }, stringData: { API_KEY: 'old', other: 'stays' } };
    seen.push(versionOf((await send('admin', 'POST', pathOf('secrets', 'cases'), { body: seeded })).body) ?? '');
  }
  const first = seen[0] ?? '';
  const responses: Called[] = [];
  for (const step of steps) {
    const named = step.body === undefined ? undefined : withName(step.body, name);
    const body =
      step.stale === true && isObject(named)
        ? { ...named, metadata: { ...membersOf(named['metadata']), resourceVersion: first } }
        : named;
    const path = step.path.replace('NAME', name);
    const options = { ...(body === undefined ? {} : { body }), ...(step.type === undefined ? {} : { type: step.type }) };
    responses.push(await send(step.as ?? 'admin', step.method, path, options));
  }
  const versions = [...seen, ...responses.map(({ body }) => versionOf(body)).filter((version) => version !== undefined)];
  const order = [...new Set(versions)];
  const last = responses.at(-1) ?? { status: 0, body: {}, text: '' };
  return { responses: responses.map(({ status, body }) => ({ status, body: comparable(body, order) })), last };
}

function withName(body: JsonObject | string, name: string): JsonObject | string {
  return typeof body === 'string' ? body : (JSON.parse(JSON.stringify(body).replaceAll('NAME', name)) as JsonObject);
}

function versionOf(body: JsonObject): string | undefined {
  const version = membersOf(body['metadata'])['resourceVersion'];
  return body['kind'] === 'Secret' && typeof version === 'string' ? version : undefined;
}

/** What differs from run to run is named alike: uids, times, and versions by their order. */
function comparable(body: JsonObject, versions: readonly string[]): unknown {
  const text = JSON.stringify(body)
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME')
    .replaceAll(/(\\*"resourceVersion\\*":\\*")(\d+)/g, (_, before, version) => `${before}v${versions.indexOf(version)}`)
    // A patched object that cannot be read stands in the message whole, in any order of its members.
    .replaceAll(/Invalid value: (\\*)"\{.*?\}\1": /g, 'Invalid value: OBJECT: ')
    // Which binding of which role it was that allows something.
    .replaceAll(/,"reason":"RBAC: allowed by [^}]*"/g, '')
    .replaceAll(/in record \(\d+\)/g, 'in record (VERSION)');
  return withoutManagers(JSON.parse(text));
}

/** Who manages what is compared elsewhere: a list's own version, and the order in which a map's owner is noted, are not. */
function withoutManagers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutManagers);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([name]) => name !== 'managedFields');
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutManagers(member)]));
}
