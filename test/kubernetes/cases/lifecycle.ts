import { pathOf } from '../caller.ts';
import { type Case, create, get, key, one } from './case.ts';

/** Creation and deletion. */
export const lifecycle: readonly Case[] = [
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
];
