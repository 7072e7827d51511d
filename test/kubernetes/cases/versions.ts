import { all, type Case, create, get, key, merge, modified, one } from './case.ts';

/** Optimistic locking by `resourceVersion`, and dry runs. */
export const versions: readonly Case[] = [
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
];
