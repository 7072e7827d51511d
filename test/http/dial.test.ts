import dns from 'node:dns';
import net, { type Socket } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { dial } from '../../src/http/dial.ts';
import { clientOf } from '../api/support.ts';
import { createCertificate } from '../stackstate/certificates.ts';
import { startForTest } from '../support/stackstate.ts';
import { serve } from './servers.ts';

/** Makes every host name lead to these addresses. */
function resolveTo(...addresses: string[]): void {
  vi.spyOn(dns, 'lookup').mockImplementation(((_name: string, _options: unknown, done: (...result: unknown[]) => void) => {
    const found = addresses.map((address) => ({ address, family: net.isIP(address) }));
    process.nextTick(done, null, found);
  }) as unknown as typeof dns.lookup);
}

type Manner = 'dead' | 'refused' | { readonly afterMs: number };

/** Makes connecting to an address take its time, or lead nowhere; those not named are what they are. */
function networkOf(manners: Readonly<Record<string, Manner>>): string[] {
  const tried: string[] = [];
  const connect = net.connect;
  vi.spyOn(net, 'connect').mockImplementation(((options: net.TcpNetConnectOpts) => {
    const manner = manners[options.host ?? ''];
    tried.push(options.host ?? '');
    if (manner === undefined) return connect(options);
    const socket = new net.Socket();
    const begin = () => socket.connect({ ...options, host: '127.0.0.1' });
    if (manner === 'refused') process.nextTick(() => socket.destroy(Object.assign(new Error('no'), { code: 'ECONNREFUSED' })));
    else if (manner !== 'dead') setTimeout(begin, manner.afterMs);
    return socket;
  }) as typeof net.connect);
  return tried;
}

const never = new AbortController().signal;

async function dialed(host: string, port: number, signal = never): Promise<Socket> {
  const socket = await dial(host, port, signal);
  onTestFinished(() => void socket.destroy());
  return socket;
}

test.each([
  ['after it', ['10.0.0.1', '2001:db8::1']],
  ['before it', ['2001:db8::1', '10.0.0.1']],
])('a slow address is not given up for a dead one that comes %s', async (_where, addresses) => {
  const { port } = await serve((_request, response) => response.end());
  resolveTo(...addresses);
  // Longer than Node gives an address while there is another one.
  const tried = networkOf({ '10.0.0.1': { afterMs: 700 }, '2001:db8::1': 'dead' });
  const socket = await dialed('stackstate.test', port);
  expect(socket.remoteAddress).toBe('127.0.0.1');
  expect(tried).toEqual(addresses);
});

test('an address that refuses is followed by the next one at once', async () => {
  const { port } = await serve((_request, response) => response.end());
  resolveTo('2001:db8::1', '10.0.0.1');
  networkOf({ '2001:db8::1': 'refused', '10.0.0.1': { afterMs: 0 } });
  const started = performance.now();
  await dialed('stackstate.test', port);
  expect(performance.now() - started).toBeLessThan(200);
});

test('a host of which no address can be reached fails with what is most worth telling', async () => {
  const { url } = await serve((_request, response) => response.end());
  resolveTo('2001:db8::1', '10.0.0.1', '10.0.0.2');
  networkOf({ '2001:db8::1': 'refused', '10.0.0.1': 'refused', '10.0.0.2': 'refused' });
  await expect(clientOf({ url: url.replace('127.0.0.1', 'stackstate.test'), caPem: '' }).keys.list()).rejects.toMatchObject({
    exitCode: 4,
    message: expect.stringContaining('refused the connection'),
  });
});

test('a deadline ends every attempt to connect', async () => {
  resolveTo('10.0.0.1', '2001:db8::1');
  networkOf({ '10.0.0.1': 'dead', '2001:db8::1': 'dead' });
  const ended = new AbortController();
  setTimeout(() => ended.abort(new Error('over')), 400);
  await expect(dial('stackstate.test', 1, ended.signal)).rejects.toThrow('over');
});

test('a host with one address is looked up once and connected to once', async () => {
  const stackState = await startForTest();
  resolveTo('127.0.0.1');
  const tried = networkOf({});
  await clientOf(stackState, { url: `http://stackstate.test:${stackState.port}` }).keys.list();
  expect(dns.lookup).toHaveBeenCalledOnce();
  expect(tried).toEqual(['127.0.0.1']);
});

test('the root dot of a host name is for the resolver alone: server name and certificate have none', async () => {
  const certificate = await createCertificate({ hosts: ['stackstate.test'] });
  const names: string[] = [];
  const { port } = await serve((_request, response) => response.end('[]'), {
    ...certificate,
    SNICallback: (name, done) => {
      names.push(name);
      done(null);
    },
  });
  resolveTo('127.0.0.1');
  await clientOf({ url: `https://stackstate.test.:${port}`, caPem: certificate.caPem }).keys.list();
  expect(names).toEqual(['stackstate.test']);
  expect(dns.lookup).toHaveBeenCalledWith('stackstate.test.', expect.anything(), expect.anything());
});

test('an IP address is no server name', async () => {
  const certificate = await createCertificate();
  const names: string[] = [];
  const { url } = await serve((_request, response) => response.end('[]'), {
    ...certificate,
    SNICallback: (name, done) => {
      names.push(name);
      done(null);
    },
  });
  await clientOf({ url, caPem: certificate.caPem }).keys.list();
  expect(names).toEqual([]);
});
