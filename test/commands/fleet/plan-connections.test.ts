import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { jsonOf, runSts } from '../../support/run.ts';
import { startFleet } from './support.ts';

const serverCount = 12;
const namesEach = 5;
const servers = Array.from({ length: serverCount }, (_, index) => `s${index}`);

/** A plan with a few renewals for each context, those of one context one after the other. */
function planFor(contexts: readonly string[], folder: string): string {
  const renewals = contexts.map((context) =>
    Array.from({ length: namesEach }, (_, number) => ({
      context,
      name: `n${number}`,
      'key-file': join(folder, `${context}-${number}.key`),
      'expires-in': '90d',
    })),
  );
  const path = join(folder, 'plan.yaml');
  writeFileSync(path, stringify({ renewals: renewals.flat() }));
  return path;
}

/** Counts the connections that the servers of this process have open. */
function watchConnections() {
  const open = new Set<Socket>();
  let most = 0;
  const onSocket = async (message: unknown) => {
    const { socket } = message as { readonly socket: Socket };
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    // One that its client has just closed may be noticed after the next one.
    for (let turns = 0; turns < 3; turns++) await turn();
    most = Math.max(most, open.size);
  };
  subscribe('net.server.socket', onSocket);
  onTestFinished(() => void unsubscribe('net.server.socket', onSocket));
  return { most: () => most, open: () => open.size };
}

test.each([
  ['renew --plan', 8, []],
  ['renew --plan --parallel 3', 3, ['--parallel', '3']],
] as const)('%s: however many renewals a plan has, at most %i connections are open at a time', async (_, limit, flags) => {
  const fleet = await startFleet(servers);
  const connections = watchConnections();
  const path = planFor(servers, fleet.folder);

  const { code, stdout } = await runSts(['ingestion-api-key', 'renew', '--plan', path, ...fleet.flags, ...flags, '-o', 'json']);

  expect(code).toBe(0);
  expect(jsonOf(stdout)).toMatchObject({ summary: { total: serverCount * namesEach, renewed: serverCount * namesEach } });
  expect(connections.most()).toBeGreaterThan(1);
  expect(connections.most()).toBeLessThanOrEqual(limit);
  await expect.poll(connections.open).toBe(0);
});

test('list --all-contexts: at most eight connections are open at a time', async () => {
  const fleet = await startFleet(servers);
  const connections = watchConnections();

  const { code } = await runSts(['ingestion-api-key', 'list', '--all-contexts', ...fleet.flags]);

  expect(code).toBe(0);
  expect(connections.most()).toBeGreaterThan(1);
  expect(connections.most()).toBeLessThanOrEqual(8);
});

test('a server that does not respond holds up no other one, and each of its renewals ends at its own deadline', async () => {
  const [silent = '', ...others] = servers;
  const fleet = await startFleet(servers);
  fleet.server(silent).setFault('any', { kind: 'stall' });
  // All that is to be done there stands first in the plan, and is more than is done at a time.
  const path = planFor(servers, fleet.folder);
  const started = performance.now();
  let ended = false;
  const running = runSts([
    'ingestion-api-key',
    'renew',
    '--plan',
    path,
    ...fleet.flags,
    '--parallel',
    '4',
    '-o',
    'json',
    '--timeout',
    '8s',
  ]);
  void running.then(() => {
    ended = true;
  });

  const created = () => others.reduce((sum, name) => sum + fleet.server(name).keys().length, 0);
  await expect.poll(created, { timeout: 30_000 }).toBe(others.length * namesEach);
  // Before the first deadline is over.
  expect(performance.now() - started).toBeLessThan(8000);
  expect(ended).toBe(false);

  const { code, stdout } = await running;
  expect(code).toBe(4);
  const { renewals, summary } = jsonOf(stdout) as { renewals: unknown[]; summary: unknown };
  expect(summary).toMatchObject({ renewed: others.length * namesEach, failed: namesEach });
  for (const renewal of renewals.slice(0, namesEach)) {
    expect(renewal).toMatchObject({ context: silent, error: true, 'error-message': expect.stringContaining('8 s') });
  }
}, 60_000);

test('the CA certificates of the system are read once for all servers that need them, also by several at a time', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const fleet = await startFleet(names, { tls: true });
  const file = join(fleet.folder, 'system.pem');
  writeFileSync(file, names.map((name) => fleet.server(name).caPem).join('\n'));
  const path = planFor(names, fleet.folder);
  const renew = ['ingestion-api-key', 'renew', '--plan', path, ...fleet.flags];

  const { code, stderr } = await runSts([...renew, '--parallel', '1'], { env: { SSL_CERT_FILE: file } });

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  // The first connection finds out that the roots of Node are not enough.
  expect(names.map((name) => fleet.server(name).connections)).toEqual([namesEach + 1, ...names.slice(1).map(() => namesEach)]);
  expect(await runSts(renew, { env: { SSL_CERT_FILE: file } })).toMatchObject({ code: 0, stderr: '' });
});
