import { pathOf } from '../caller.ts';
import { all, type Case, cannot, create, get, limitedSecret, merge, reviews } from './case.ts';

/** Who may do what. */
export const permissions: readonly Case[] = [
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
