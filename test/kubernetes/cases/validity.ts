import { type Case, immutable, key, merge, one } from './case.ts';

/** What cannot be changed, and what is not valid. */
export const validity: readonly Case[] = [
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
];
