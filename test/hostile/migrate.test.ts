import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { InterruptedError } from '../../src/errors.ts';
import { against, runSts, startForTest, tempFolder, testTime } from '../support/run.ts';
import { testClock } from '../support/test-clock.ts';

const migrate = ['ingestion-api-key', 'migrate', '-n', 'otel', '--roles', 'ingestion'];

/** A key file whose key is migrated, and whose key is to live an hour longer. */
async function startedMigration() {
  const clock = testClock(testTime);
  const server = await startForTest({ now: clock.serverNow });
  const path = join(tempFolder(), 'k');
  const destination = ['--key-file', path, ...against(server)];
  await runSts(['ingestion-api-key', 'create', '-n', 'otel', ...destination], clock);
  const keep = ['--delete-old', '--after', '1h', '--no-wait'];
  const { code } = await runSts([...migrate, ...keep, ...destination], clock);
  expect(code).toBe(0);
  return { server, path, clock, destination };
}

test.each([
  ['renew', []],
  ['rotate', ['--after', '0s', '--delete-old']],
])('a migration that waits is finished by service-token %s, which deletes the key by its id', async (verb, flags) => {
  const { server, path, clock, destination } = await startedMigration();
  const [key] = server.keys();
  expect(key).toBeDefined();
  await clock.sleep(3_700_000);

  const { code, stderr } = await runSts(['service-token', verb, '-n', 'otel', ...flags, ...destination], clock);

  expect(code).toBe(0);
  expect(stderr).toBe('');
  expect(server.keys()).toEqual([]);
  expect(server.serviceTokens()).toHaveLength(1);
  expect(readFileSync(path, 'utf8').trim()).toBe(server.serviceTokens()[0]?.token);
});

test('who goes on with keys is told the whole command that finishes the migration', async () => {
  const { server, path, clock, destination } = await startedMigration();

  const { code, stderr } = await runSts(['ingestion-api-key', 'rotate', '-n', 'otel', ...destination], clock);

  expect(code).toBe(3);
  expect(stderr).toContain(`Finish it first: sts ingestion-api-key migrate --name otel --key-file ${path} --url ${server.url}\n`);
});

test('who is interrupted while the old key is kept is told to migrate again, not to rotate', async () => {
  const { path, clock, destination } = await startedMigration();
  const interrupt = new AbortController();
  const sleep = async () => {
    interrupt.abort(new InterruptedError('SIGINT'));
    interrupt.signal.throwIfAborted();
  };

  const { code, stderr } = await runSts([...migrate, ...destination], { ...clock, sleep, interrupt: interrupt.signal });

  expect(code).toBe(130);
  expect(stderr).toContain(`sts ingestion-api-key migrate --name otel --key-file ${path} `);
  expect(stderr).not.toContain('service-token rotate');
});

test('a role that the server does not know is not blamed on the name', async () => {
  const server = await startForTest();
  server.seed({ name: 'otel' });

  const { code, stderr } = await runSts([
    'ingestion-api-key',
    'migrate',
    '-n',
    'otel',
    '--roles',
    'nonesuch',
    ...against(server),
  ]);

  expect(code).toBe(2);
  expect(stderr).toContain("Role 'nonesuch' does not exist");
  expect(stderr).not.toContain('--new-name');
});

test.each([['renew'], ['rotate']])('a %s of the key, still scheduled after a migration, does not undo it', async (verb) => {
  const server = await startForTest();
  const file = join(tempFolder(), 'key');
  const at = ['--name', 'ci', '--key-file', file, ...against(server)];
  await runSts(['ingestion-api-key', 'create', ...at]);
  await runSts(['ingestion-api-key', 'migrate', '--roles', 'ingestion', ...at]);
  const [token] = server.serviceTokens();
  expect(readFileSync(file, 'utf8')).toBe(`${token?.token}\n`);

  const dry = await runSts(['ingestion-api-key', verb, '--dry-run', ...at]);
  const real = await runSts(['ingestion-api-key', verb, ...at]);

  for (const { code, stdout, stderr } of [dry, real]) {
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain(`${file} holds a service token and not an ingestion API key. Nothing was created.`);
    expect(stderr).toContain(`sts service-token renew --name ci --key-file ${file} --url ${server.url}\n`);
  }
  expect(readFileSync(file, 'utf8')).toBe(`${token?.token}\n`);
  expect(server.keys()).toHaveLength(1);
  const forced = await runSts(['ingestion-api-key', verb, '--force', ...at]);
  expect(forced.code).toBe(0);
  expect(server.keys()).toHaveLength(2);
});
