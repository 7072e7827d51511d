import { expect, test } from 'vitest';
import { InterruptedError } from '../../src/errors.ts';
import type { Fault } from '../stackstate/server.ts';
import { startForTest } from '../support/stackstate.ts';
import { clientOf } from './support.ts';

// Where the response to a deletion does not say what was done, the list does.

const open: readonly [what: string, fault: Fault][] = [
  ['500', { kind: 'status', status: 500 }],
  ['502', { kind: 'status', status: 502 }],
  ['503', { kind: 'status', status: 503 }],
  ['504', { kind: 'status', status: 504 }],
  ['a reset', { kind: 'reset' }],
  ['no response', { kind: 'stall' }],
  ['half a response', { kind: 'truncate', handler: 'skip' }],
  ['bytes that are not HTTP', { kind: 'raw', bytes: 'boo\r\n\r\n' }],
];

test.each(open)('a deletion that was done and answered by %s is done', async (_what, fault) => {
  const stackState = await startForTest();
  const { id } = stackState.seed({ name: 'x' });
  stackState.setFault('delete', { ...fault, handler: 'run' } as Fault);
  await clientOf(stackState, { timeoutMs: 600 }).keys.delete(id);
  expect(stackState.requests.map(({ method }) => method)).toEqual(['DELETE', 'GET']);
});

test.each(open)('a deletion that was not done and answered by %s is not', async (_what, fault) => {
  const stackState = await startForTest();
  const { id } = stackState.seed({ name: 'x' });
  stackState.setFault('delete', fault);
  // The server itself said that it failed; all others may still be at it.
  const failed = 'status' in fault && (fault.status === 500 || fault.status === 503);
  await expect(clientOf(stackState, { timeoutMs: 600 }).keys.delete(id)).rejects.toMatchObject({ exitCode: failed ? 2 : 11 });
  expect(stackState.count('delete')).toBe(1);
  expect(stackState.keys()).toHaveLength(1);
});

test.each(open)('a deletion answered by %s stays open where the list cannot be had', async (_what, fault) => {
  const stackState = await startForTest();
  const { id } = stackState.seed({ name: 'x' });
  stackState.setFault('delete', fault);
  stackState.setFault('list', { kind: 'status', status: 403 });
  await expect(clientOf(stackState, { timeoutMs: 600 }).keys.delete(id)).rejects.toMatchObject({
    exitCode: 11,
    message: expect.stringContaining('may be deleted or not'),
    hints: [expect.stringContaining('sts ingestion-api-key list')],
  });
});

test('rows that make no sense may hide the key: the deletion stays open', async () => {
  const stackState = await startForTest();
  const { id } = stackState.seed({ name: 'x' });
  stackState.setFault('delete', { kind: 'status', status: 500 });
  stackState.setFault('list', { kind: 'body', text: '[{"id":"?"}]' });
  await expect(clientOf(stackState).keys.delete(id)).rejects.toMatchObject({
    exitCode: 11,
    message: expect.stringContaining('may be deleted or not'),
  });
});

test.each([400, 401, 403, 409, 429, 501, 505])('a deletion refused with %i is not looked up', async (status) => {
  const stackState = await startForTest();
  const { id } = stackState.seed({ name: 'x' });
  stackState.setFault('delete', { kind: 'status', status });
  await expect(clientOf(stackState).keys.delete(id)).rejects.toThrow();
  expect(stackState.count('list')).toBe(0);
});

test('an interrupt while a lost deletion is looked up leaves its outcome open', async () => {
  const interrupt = new AbortController();
  const stackState = await startForTest({
    onStage: (stage, { route }) => {
      if (stage === 'received' && route === 'list') interrupt.abort(new InterruptedError('SIGINT'));
    },
  });
  const { id } = stackState.seed({ name: 'x' });
  stackState.setFault('delete', { kind: 'reset', handler: 'run' });
  stackState.setFault('list', { kind: 'stall' });
  await expect(clientOf(stackState).keys.delete(id, { signal: interrupt.signal })).rejects.toMatchObject({ exitCode: 11 });
});
