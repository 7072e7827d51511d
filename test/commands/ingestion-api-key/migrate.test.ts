import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { nodeDisk } from '../../../src/platform/node-disk.ts';
import { writeKubeconfig } from '../../kubernetes/kubeconfig.ts';
import { administrator, rollouts } from '../../kubernetes/server.ts';
import type { StackState, StackStateOptions } from '../../stackstate/server.ts';
import { count } from '../../support/counts.ts';
import { startKubernetesForTest } from '../../support/kubernetes.ts';
import { against, jsonOf, type RunOptions, runSts, startForTest, tempFolder, testTime } from '../../support/run.ts';
import { stoppingDisk } from '../../support/stopping-disk.ts';
import { testClock } from '../../support/test-clock.ts';

const day = 86_400_000;
const roles = { 'stackstate-admin': ['manage-service-tokens'], 'stackstate-ingest-telemetry': ['update-metrics'], other: [] };

/** A platform with both kinds, a key of 30 days on it, and a file that holds the key. */
async function start(options: StackStateOptions = {}) {
  const clock = testClock(testTime);
  const server = await startForTest({ now: clock.serverNow, platform: '2.3.5', roles, ...options });
  const lastUpdateTimestamp = BigInt(testTime - day);
  const expiration = lastUpdateTimestamp + BigInt(30 * day);
  const key = server.seed({ name: 'otel', description: 'the collector', lastUpdateTimestamp, expiration });
  const path = join(tempFolder(), 'otel.env');
  writeFileSync(path, `# mine\nAPI_KEY=${key.apiKey}\n`, { mode: 0o600 });
  const migrate = (flags: readonly string[], changes: RunOptions = {}) =>
    runSts(['ingestion-api-key', 'migrate', '-n', 'otel', ...flags, ...against(server)], { ...clock, ...changes });
  return { clock, server, key, path, migrate };
}

function accepts(server: StackState, held: string): boolean {
  return server.store.isLive(held) || server.tokenStore.live(held) !== undefined;
}

const heldIn = (path: string) => /^API_KEY=(.*)$/m.exec(readFileSync(path, 'utf8'))?.[1] ?? '';

test('a file: a token of the same name and lifetime takes the place of the key, which is deleted last', async () => {
  const { server, key, path, migrate } = await start();
  const result = await migrate(['--key-file', path, '--delete-old', '--after', '0s']);
  const [token] = server.serviceTokens();
  expect(token).toMatchObject({ name: 'otel', roles: ['stackstate-ingest-telemetry'], expiration: BigInt(testTime + 30 * day) });
  expect(readFileSync(path, 'utf8')).toBe(`# mine\nAPI_KEY=${token?.token}\n`);
  expect(server.keys()).toEqual([]);
  expect(result).toMatchObject({
    code: 0,
    stdout: `[SUCCESS] Service token written to ${path} (id ${token?.id})\n[SUCCESS] Ingestion Api Key deleted: ${key.id}\n`,
    stderr: '',
  });
  expect(readdirSync(join(path, '..'))).toEqual(['otel.env']);
});

test('without --delete-old the key stays, and the command that deletes it is printed; roles as given', async () => {
  const { server, key, migrate } = await start();
  const result = await migrate(['--roles', 'other,stackstate-ingest-telemetry', '-o', 'json']);
  const [token] = server.serviceTokens();
  expect(token?.roles).toEqual(['other', 'stackstate-ingest-telemetry']);
  expect(result).toMatchObject({ code: 0, stderr: '' });
  expect(jsonOf(result.stdout)).toMatchObject({
    'service-token': { token: token?.token },
    'replaced-ingestion-api-key': { deleted: false, id: Number(key.id) },
  });
  const text = await (await start()).migrate([]);
  expect(text.stdout).toContain(`sts ingestion-api-key delete --id ${key.id} `);
});

test('a Secret: the field changes, its consumer is restarted, and no reader ever finds what the server refuses', async () => {
  const { clock, server, key, migrate } = await start();
  const refused: string[] = [];
  const kubernetes = await startKubernetesForTest({
    now: clock.serverNow,
    tls: true,
    onSecretChange: ({ fields }) => {
      const held = fields['API_KEY'] ?? '';
      if (!accepts(server, held)) refused.push(held);
    },
  });
  const namespace = 'open-telemetry';
  kubernetes.seedSecret({ namespace, name: 'collector', fields: { API_KEY: key.apiKey } });
  kubernetes.seedWorkload('deployment', { name: 'collector', namespace, rollout: rollouts.afterReads(2) });
  const kubeconfig = writeKubeconfig(tempFolder(), kubernetes, { user: { token: administrator.token } });
  const to = ['--kubernetes-secret', `${namespace}/collector`, '--restart', 'deployment/collector', '--kubeconfig', kubeconfig];
  const result = await migrate([...to, '--delete-old']);
  expect(result).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining(`Ingestion Api Key deleted: ${key.id}`) });
  expect(kubernetes.field(namespace, 'collector', 'API_KEY')).toBe(server.serviceTokens()[0]?.token);
  expect(server.keys()).toEqual([]);
  expect(refused).toEqual([]);
});

test.each([
  ['6.0', 'service tokens', 'sts ingestion-api-key rotate --name otel'],
  ['2.9', 'ingestion API keys', 'sts service-token create --name otel'],
] as const)(
  'a platform (%s) that has no %s: exit 10, the command to use there, and nothing is made',
  async (platform, what, command) => {
    const { server, path, migrate } = await start({ platform });
    const before = readFileSync(path, 'utf8');
    for (const flags of [[], ['--dry-run']]) {
      const result = await migrate(['--key-file', path, '--delete-old', ...flags]);
      expect(result).toMatchObject({ code: 10, stdout: '' });
      expect(result.stderr).toContain(`which has no ${what}.`);
      expect(result.stderr).toContain(command);
    }
    expect(server.requests.filter(({ method, status }) => method !== 'GET' && (status ?? 0) < 300)).toEqual([]);
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(existsSync(`${path}.sts-pending`)).toBe(false);
  },
);

test('a role that does not exist: nothing is made, and the commands that make a subject are printed', async () => {
  const { server, path, migrate } = await start({ roles: { 'stackstate-admin': [] } });
  const before = readFileSync(path, 'utf8');
  const result = await migrate(['--key-file', path, '--delete-old']);
  expect(result).toMatchObject({ code: 2, stdout: '' });
  expect(result.stderr).toContain('sts rbac create-subject --subject stackstate-ingest-telemetry\n');
  expect(result.stderr).toContain('--permission update-metrics');
  expect(server.serviceTokens()).toEqual([]);
  expect(server.keys()).toHaveLength(1);
  expect(readFileSync(path, 'utf8')).toBe(before);
});

test('--dry-run says what would be done, and changes nothing', async () => {
  const { server, key, path, migrate } = await start();
  const result = await migrate(['--key-file', path, '--delete-old', '--dry-run']);
  expect(result).toMatchObject({ code: 0, stderr: '' });
  expect(result.stdout).toContain(`The key ${key.id} (otel; expires: `);
  expect(result.stdout).toContain('replaced by a new token named otel');
  // What the API has no list of, and one that a token has is known to be there.
  const untold =
    'No token has the role stackstate-ingest-telemetry yet: whether it exists, the server tells when one is created.\n';
  expect(result.stdout).toContain(untold);
  server.seedToken({ name: 'other', roles: ['stackstate-ingest-telemetry'] });
  const again = await migrate(['--key-file', path, '--delete-old', '--dry-run', '-o', 'json']);
  expect(jsonOf(again.stdout)).toMatchObject({ 'would-rotate-service-token': { roles: ['stackstate-ingest-telemetry'] } });
  expect((await migrate(['--key-file', path, '--dry-run'])).stdout).not.toContain('has the role');
  expect(server.requests.every(({ method }) => method === 'GET')).toBe(true);
});

let points = 0;
afterAll(() => count('kill points', points));

test('killed at every call to the disk: what the file holds is accepted at all times, and the next run ends it', {
  timeout: 240_000,
}, async () => {
  for (let point = 0; ; point++) {
    const { server, path, migrate } = await start();
    const flags = ['--key-file', path, '--delete-old', '--after', '0s'];
    const watched = stoppingDisk(nodeDisk, point);
    // Who is dead sends nothing.
    server.setFault('any', { kind: 'reset' }, { when: () => watched.killed() });
    await migrate(flags, { disk: watched.disk });
    await watched.cleanUp();
    if (!watched.killed()) {
      expect(point).toBeGreaterThan(40);
      return;
    }
    points += 1;
    server.setFault('any', { kind: 'reset' }, { times: 0 });
    const at = `${point}: ${watched.calls.at(-1)}`;
    expect(accepts(server, heldIn(path)), at).toBe(true);
    const again = await migrate(flags);
    // A migration that the first run had brought to its end leaves no key to migrate.
    expect([0, 8], `${at}: ${again.stderr}`).toContain(again.code);
    expect(server.keys(), at).toEqual([]);
    expect(
      server.serviceTokens().map(({ token }) => token),
      at,
    ).toEqual([heldIn(path)]);
    expect(readdirSync(join(path, '..')), at).toEqual(['otel.env']);
  }
});
