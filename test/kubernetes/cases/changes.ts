import { pathOf } from '../caller.ts';
import { type Case, get, key, merge } from './case.ts';

/** Reading a Secret, and changing it by a patch. */
export const changes: readonly Case[] = [
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
];
