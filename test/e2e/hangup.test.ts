import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { listen } from '../stackstate/listen.ts';
import { startBuilt } from '../support/built.ts';
import { environmentOf, startForTest } from '../support/run.ts';

const keys = 'ingestion-api-key';

async function until(condition: () => boolean): Promise<void> {
  for (let left = 500; left > 0 && !condition(); left--) await sleep(10);
  expect(condition()).toBe(true);
}

test('a terminal that goes away while a key is being made loses no key', async () => {
  const stackState = await startForTest({ now: Date.now });
  stackState.setFault('create', { kind: 'delay', ms: 600 });
  const started = startBuilt([keys, 'create', '-n', 'n'], { env: environmentOf(stackState) });
  await until(() => stackState.count('create') === 1);
  started.child.kill('SIGHUP');
  const { code, signal, stdout } = await started.result;
  expect({ code, signal }).toEqual({ code: null, signal: 'SIGHUP' });
  expect(stdout).toContain(String(stackState.keys()[0]?.apiKey));
});

test('a first signal while a key is being made says what a second one costs', async () => {
  const stackState = await startForTest({ now: Date.now });
  stackState.setFault('create', { kind: 'stall', handler: 'run' });
  const started = startBuilt([keys, 'create', '-n', 'n'], { env: environmentOf(stackState) });
  await until(() => stackState.count('create') === 1);
  started.child.kill('SIGINT');
  await until(() => started.output().stderr !== '');
  started.child.kill('SIGINT');
  const { signal, stdout, stderr } = await started.result;
  expect({ signal, stdout }).toEqual({ signal: 'SIGINT', stdout: '' });
  expect(stderr).toMatch(/^\[WARN\] Interrupted.*second signal ends at once.*nobody holds: sts ingestion-api-key list\n$/);
});

test.each([
  ['create', ['--name', 'n']],
  ['delete', ['--id', '7']],
])('%s ends at once while nothing is sent yet', async (verb, flags) => {
  // Connects, and speaks no TLS.
  const stackState = await startForTest({ now: Date.now });
  const url = stackState.url.replace('http:', 'https:');
  const silent = await silentPort();
  const env = { ...environmentOf(stackState), STS_CLI_URL: url.replace(/:\d+$/, `:${silent.port}`) };
  const started = startBuilt([keys, verb, ...flags], { env });
  await until(() => silent.connections() > 0);
  const since = performance.now();
  started.child.kill('SIGTERM');
  const { signal, stderr } = await started.result;
  expect(signal).toBe('SIGTERM');
  expect(stderr).toBe('[ERROR] Interrupted by SIGTERM.\n');
  // Far from the deadline of 30 s.
  expect(performance.now() - since).toBeLessThan(10_000);
});

async function silentPort(): Promise<{ readonly port: number; readonly connections: () => number }> {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
  });
  onTestFinished(() => void server.close());
  return { port: await listen(server, 0), connections: () => connections };
}
