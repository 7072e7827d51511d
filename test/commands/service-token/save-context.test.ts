import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { nodeDisk } from '../../../src/platform/node-disk.ts';
import type { StackState } from '../../stackstate/server.ts';
import { count } from '../../support/counts.ts';
import { jsonOf, type RunOptions, runSts, startForTest, tempFolder, testTime } from '../../support/run.ts';
import { stoppingDisk } from '../../support/stopping-disk.ts';
import { testClock } from '../../support/test-clock.ts';

const day = 86_400_000;
const rotate = ['service-token', 'rotate', '--name', 'admin', '--save-context'];

/** A StackState, and a config file whose current context holds its token `admin`, which may do everything. */
async function start(member = 'service-token') {
  const clock = testClock(testTime);
  const server = await startForTest({ now: clock.serverNow });
  const lastUpdateTimestamp = BigInt(testTime - 80 * day);
  const facts = { name: 'admin', roles: ['stackstate-admin'], lastUpdateTimestamp };
  const old = server.seedToken({ ...facts, expiration: lastUpdateTimestamp + BigInt(90 * day) });
  const folder = tempFolder();
  const path = join(folder, 'config.yaml');
  const contexts = [
    { name: 'prod', context: { url: server.url, [member]: old.token } },
    { name: 'other', context: { url: 'https://other.example', 'api-token': 'another-one' } },
  ];
  writeFileSync(path, `# mine\n${stringify({ contexts, 'current-context': 'prod' })}`, { mode: 0o600 });
  const { now, monotonic, sleep } = clock;
  const run = (argv: readonly string[], options: RunOptions = {}) =>
    runSts([...argv, '--config', path], { now, monotonic, sleep, ...options });
  return { clock, server, old, folder, path, run };
}

function stored(path: string, name = 'prod'): string | undefined {
  const file = parse(readFileSync(path, 'utf8'));
  return file.contexts.find((entry: { name: string }) => entry.name === name)?.context['service-token'];
}

/** One token of the name lives, the context holds it, and nothing else is left. */
function expectHealed({ server, path, folder }: { server: StackState; path: string; folder: string }, where = '') {
  expect(
    server.serviceTokens().map(({ token }) => token),
    where,
  ).toEqual([stored(path)]);
  expect(readdirSync(folder), where).toEqual(['config.yaml']);
}

test('the token that the command is authenticated with is replaced where it is stored, and the old one deleted', async () => {
  const world = await start();
  const { server, old, path, run } = world;
  const result = await run([...rotate, '--delete-old', '--after', '0s']);
  expect(result).toMatchObject({ code: 0, stderr: '' });
  const [issued] = server.serviceTokens();
  expect(result.stdout).toBe(
    `[SUCCESS] Service token written to the context "prod" in ${path} (id ${issued?.id})\n[SUCCESS] Service token deleted: ${old.id}\n`,
  );
  expect(issued).toMatchObject({ name: 'admin', roles: ['stackstate-admin'], expiration: BigInt(testTime + 90 * day) });
  expectHealed(world);
  const text = readFileSync(path, 'utf8');
  expect(text).toContain('# mine\n');
  expect(text).toContain('another-one');
  expect(text).not.toContain(old.token);
  // What deleted the old token was the new one.
  expect(server.requests.at(-1)).toMatchObject({ method: 'DELETE', headers: { 'x-api-key': issued?.token } });
});

test('under JSON the context is named, and the token is left out', async () => {
  const { server, path, run } = await start();
  const result = await run([...rotate, '-o', 'json']);
  expect(result).toMatchObject({ code: 0, stderr: '' });
  expect(jsonOf(result.stdout)).toMatchObject({
    'service-token': { name: 'admin' },
    'saved-context': `"prod" in ${path}`,
    'replaced-service-token': { deleted: false },
  });
  for (const { token } of server.serviceTokens()) expect(result.stdout).not.toContain(token);
});

test('renew replaces it when a third of its lifetime is left, and not before', async () => {
  const world = await start();
  const { server, clock, run } = world;
  const renew = ['service-token', 'renew', '--name', 'admin', '--save-context', '--delete-old', '--after', '0s'];
  expect(await run(renew)).toMatchObject({ code: 0, stdout: expect.stringContaining('written to the context') });
  expectHealed(world);
  clock.advance(day);
  expect(await run(renew)).toMatchObject({ code: 0, stdout: expect.stringContaining('Service token is up to date') });
  expect(server.count('token-create')).toBe(1);
});

test('a config file that is a symbolic link stays one, and the journal stands beside the file it leads to', async () => {
  const world = await start();
  const link = join(tempFolder(), 'config.yaml');
  symlinkSync(world.path, link);
  const result = await runSts([...rotate, '--delete-old', '--after', '1h', '--no-wait', '--config', link], world.clock);
  expect(result.code).toBe(0);
  expect(readdirSync(world.folder).sort()).toEqual(['config.yaml', 'config.yaml.prod.sts-pending']);
  expect(await world.run([...rotate, '--delete-old', '--after', '0s'])).toMatchObject({ code: 0 });
  expectHealed(world);
});

test.each([
  ['no context is in use', ['--url', 'URL', '--service-token', 'TOKEN'], 'no context whose token it could replace'],
  ['the URL is that of another server', ['--url', 'https://elsewhere.example'], 'is about another server'],
  ['the context holds a token of another kind', ['--context', 'other'], 'holds no service token but another one (api-token)'],
])('%s: exit 3, and nothing is asked of the server', async (_, flags, reason) => {
  const { server, old, run } = await start();
  const values: Record<string, string> = { URL: server.url, TOKEN: old.token };
  const filled = flags.map((flag) => values[flag] ?? flag);
  const result = await (flags.includes('TOKEN') ? runSts([...rotate, ...filled]) : run([...rotate, ...filled]));
  expect(result).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining(reason) });
  expect(server.requests).toEqual([]);
});

test('another destination beside it is a usage error, and keys have no such flag', async () => {
  const { server, run } = await start();
  const both = await run([...rotate, '--key-file', 'k']);
  expect(both).toMatchObject({ code: 3, stderr: expect.stringContaining('--key-file and --save-context') });
  expect(await run(['ingestion-api-key', 'rotate', '--name', 'ci', '--save-context'])).toMatchObject({ code: 3, stdout: '' });
  expect(server.requests).toEqual([]);
});

test('a folder that cannot be written: exit 6 before there is a token', async () => {
  const { server, run } = await start();
  const disk = new Proxy(nodeDisk, {
    get: (target, name) =>
      name === 'create' ? () => Promise.reject(Object.assign(new Error(), { code: 'EROFS' })) : Reflect.get(target, name),
  });
  const result = await run(rotate, { disk });
  expect(result).toMatchObject({ code: 6, stdout: '', stderr: expect.stringContaining('the file system is read-only') });
  expect(server.count('token-create')).toBe(0);
});

test('somebody stores another token meanwhile: the new one is deleted again, and theirs stays', async () => {
  const { server, path, run } = await start();
  let done = false;
  const disk = new Proxy(nodeDisk, {
    get: (target, name) => {
      if (name !== 'rename' || done || server.count('token-create') === 0) return Reflect.get(target, name);
      return async (from: string, to: string) => {
        if (to === path && !done) {
          done = true;
          writeFileSync(path, readFileSync(path, 'utf8').replace(/svctok-\S+/, 'svctok-of-somebody'));
        }
        return nodeDisk.rename(from, to);
      };
    },
  });
  const result = await run(rotate, { disk });
  // The change was made upon what was read right before the rename, or refused: never upon what nobody has read.
  expect(result.code === 0 || result.code === 6, result.stderr).toBe(true);
  expect(server.serviceTokens().map(({ token }) => token)).toContain(
    result.code === 0 ? stored(path) : server.serviceTokens()[0]?.token,
  );
});

let points = 0;
afterAll(() => count('kill points', points));

test('killed at every call to the disk: the stored token is accepted, and the next run leaves one', {
  timeout: 240_000,
}, async () => {
  const argv = [...rotate, '--delete-old', '--after', '0s'];
  for (let point = 0; ; point++) {
    const world = await start();
    const { server, path, run } = world;
    const watched = stoppingDisk(nodeDisk, point);
    // Who is dead sends nothing.
    server.setFault('any', { kind: 'reset' }, { when: () => watched.killed() });
    await run(argv, { disk: watched.disk });
    await watched.cleanUp();
    if (!watched.killed()) {
      expectHealed(world, `not killed at ${point}`);
      expect(point).toBeGreaterThan(40);
      return;
    }
    points += 1;
    server.setFault('any', { kind: 'reset' }, { times: 0 });
    expect(server.tokenStore.live(stored(path) ?? ''), `${point}: ${watched.calls.at(-1)}`).toBeDefined();
    const again = await run(argv);
    expect(again.code, `${point}: ${watched.calls.at(-1)}: ${again.stderr}`).toBe(0);
    expectHealed(world, `${point}: ${watched.calls.at(-1)}`);
  }
});

test('in a plan the token of the context is replaced last, wherever it stands: the other renewals need it', async () => {
  const { server, old, path, folder, run } = await start();
  // Slow enough for the replacement to be over long before.
  server.setFault('token-create', { kind: 'delay', ms: 300 }, { when: ({ body }) => body.includes('agent') });
  const agents = [1, 2, 3].map((number) => ({
    context: 'prod',
    name: `agent-${number}`,
    roles: ['stackstate-admin'],
    'key-file': join(folder, `${number}.key`),
    'expires-in': '90d',
  }));
  const own = { context: 'prod', name: 'admin', 'save-context': true, 'delete-old': true, after: '0s' };
  const plan = join(folder, 'plan.yaml');
  writeFileSync(plan, stringify({ renewals: [own, ...agents] }));

  const result = await run(['service-token', 'renew', '--plan', plan, '-o', 'json']);

  expect(result).toMatchObject({ code: 0, stderr: '' });
  expect(jsonOf(result.stdout)).toMatchObject({
    renewals: [{ name: 'admin', renewed: true }, ...agents.map(({ name }) => ({ name, renewed: true }))],
    summary: { renewed: 4, failed: 0 },
  });
  expect(server.serviceTokens().map(({ id }) => id)).not.toContain(old.id);
  expect(server.serviceTokens().find(({ name }) => name === 'admin')?.token).toBe(stored(path));
});
