import net from 'node:net';
import { expect, test, vi } from 'vitest';
import { TransportError } from '../../src/http/transport.ts';
import { clientOf } from '../api/support.ts';
import { startForTest } from '../support/stackstate.ts';
import { transportTo } from './servers.ts';

// What is no fault of the network is never called one.

const faults = [
  new RangeError('Array buffer allocation failed'),
  new TypeError('undefined is not a function'),
  Object.assign(new Error('The value is out of range'), { code: 'ERR_OUT_OF_RANGE' }),
  Object.assign(new Error('invalid argument'), { code: 'UND_ERR_INVALID_ARG' }),
];

function failing(error: Error) {
  return () => () => {
    throw error;
  };
}

test.each(faults)('%s while a response is read is passed on as it is', async (error) => {
  const stackState = await startForTest();
  const transport = transportTo(stackState.url);
  stackState.setFault('info', { kind: 'body', text: '{}', status: 200 });
  const request = { method: 'GET', path: '/api/server/info', changes: false, sink: failing(error) } as const;
  await expect(transport.send(request)).rejects.toBe(error);
  // It is not tried again, either.
  expect(stackState.requests).toHaveLength(1);
});

test.each(faults)('%s while the response to a change is read leaves its outcome open', async (error) => {
  const stackState = await startForTest();
  stackState.setFault('create', { kind: 'body', text: '{}', status: 200 });
  const failure = await transportTo(stackState.url)
    .send({ method: 'POST', path: '/api/security/ingestion/api_keys', body: '{}', changes: true, sink: failing(error) })
    .catch((thrown: unknown) => thrown);
  expect(failure).toBeInstanceOf(TransportError);
  expect(failure).toMatchObject({ sent: true, cause: error });
});

test('a creation that this program fails to read the response of says so, and blames no network', async () => {
  const stackState = await startForTest();
  const api = clientOf(stackState);
  const { concat } = Buffer;
  stackState.setFault('create', { kind: 'body', text: ' '.repeat(100_003) });
  vi.spyOn(Buffer, 'concat').mockImplementation((list, length) => {
    const all = concat(list, length);
    if (all.length === 100_003 && list.length > 0 && new Error().stack?.includes('readBody')) throw faults[0];
    return all;
  });
  await expect(api.keys.create({ name: 'x' })).rejects.toMatchObject({
    exitCode: 11,
    message: expect.stringMatching(/its response was lost\. This program failed, not the network: RangeError/),
  });
});

test.each(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS'])(
  'a machine without the means for a connection (%s) is told as such',
  async (code) => {
    vi.spyOn(net, 'connect').mockImplementation((() => {
      const socket = new net.Socket();
      process.nextTick(() => socket.destroy(Object.assign(new Error(`connect ${code}`), { code, syscall: 'connect' })));
      return socket;
    }) as typeof net.connect);
    await expect(clientOf({ url: 'http://127.0.0.1:9', caPem: '' }).keys.create({ name: 'x' })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(new RegExp(`This machine has run out of .*${code}.*nothing was created`)),
    });
  },
);
