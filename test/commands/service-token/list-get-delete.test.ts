import { expect, test } from 'vitest';
import { against, jsonOf, runSts, startForTest, testTime } from '../../support/run.ts';

const day = 86_400_000;

async function start() {
  const server = await startForTest();
  const lastUpdateTimestamp = BigInt(testTime - day);
  server.seedToken({ id: 9223372036854775807n, name: 'otel', roles: ['ingestion', 'other'], lastUpdateTimestamp });
  server.seedToken({
    id: 12n,
    name: 'ci',
    roles: ['ingestion'],
    dedicatedSubject: 'ci-subject',
    expiration: BigInt(testTime + day),
  });
  server.seedToken({ id: 13n, name: 'old', roles: ['ingestion'], lastUpdateTimestamp, expiration: BigInt(testTime - day) });
  server.seedToken({ id: 14n, name: 'otel', roles: ['ingestion'], lastUpdateTimestamp: lastUpdateTimestamp - 1n });
  const run = (...argv: string[]) => runSts(['service-token', ...argv, ...against(server)]);
  return { server, run };
}

test('list is the table of the Go CLI, sorted by name', async () => {
  const { server, run } = await start();
  const result = await run('list');
  expect(result).toMatchObject({ code: 0, stderr: '' });
  expect(result.stdout).toBe(
    [
      'ID                  | NAME | EXPIRATION | ROLES             | DEDICATED_SUBJECT',
      '12                  | ci   | 2026-03-16 | [ingestion]       | ci-subject',
      '13                  | old  | 2026-03-14 | [ingestion]       | -',
      '9223372036854775807 | otel |            | [ingestion other] | -',
      '14                  | otel |            | [ingestion]       | -',
      '',
    ].join('\n'),
  );
  for (const { token } of server.serviceTokens()) expect(result.stdout).not.toContain(token);
  expect((await run('list', '-q', '--name', 'otel')).stdout.trim().split('\n').sort()).toEqual(['14', '9223372036854775807']);
  expect((await run('list', '-q', '--name', 'nope')).stdout).toBe('');
});

test('under JSON the rows are those of the Go CLI, ids exact', async () => {
  const { run } = await start();
  const { stdout } = await run('list', '-o', 'json');
  expect(stdout).toContain('"id": 9223372036854775807,\n');
  expect(jsonOf(stdout)).toMatchObject({
    'service-tokens': [
      { id: 12, name: 'ci', roles: ['ingestion'], dedicatedSubject: 'ci-subject', expiration: testTime + day },
      { id: 13, name: 'old' },
      { name: 'otel', roles: ['ingestion', 'other'] },
      { id: 14, name: 'otel' },
    ],
  });
});

test('none is a sentence, and an empty list under JSON', async () => {
  const server = await startForTest();
  const text = await runSts(['service-token', 'list', ...against(server)]);
  expect(text).toMatchObject({ code: 0, stdout: 'No service tokens found.\n', stderr: '' });
  const json = await runSts(['service-token', 'list', '-o', 'json', ...against(server)]);
  expect(jsonOf(json.stdout)).toEqual({ 'service-tokens': [] });
});

test('-o wide says when each was created and how it stands; --exit-code that one ends soon', async () => {
  const { run } = await start();
  const wide = await run('list', '-o', 'wide');
  expect(wide.stdout.split('\n')[0]).toMatch(/CREATED +\| STATUS/);
  expect(wide.stdout).toMatch(/\| expired\n/);
  expect(wide.stdout).toMatch(/\| expires in 1d\n/);
  expect((await run('list', '--expiring-within', '14d', '--exit-code')).code).toBe(12);
  expect((await run('list', '--name', 'otel', '--expiring-within', '14d', '--exit-code')).code).toBe(0);
});

test('get shows one row, by id or by a name that only one has', async () => {
  const { run } = await start();
  const byId = await run('get', '--id', '12', '-o', 'json');
  expect(jsonOf(byId.stdout)).toMatchObject({ 'service-token': { id: 12, name: 'ci', dedicatedSubject: 'ci-subject' } });
  expect((await run('get', '--name', 'ci')).stdout).toContain('| ci-subject\n');
  expect(await run('get', '--id', '99')).toMatchObject({ code: 8, stdout: '' });
});

test('delete by one id says so as the Go CLI does; several ids and selectors are a list', async () => {
  const { server, run } = await start();
  expect(await run('delete', '--id', '12')).toMatchObject({
    code: 0,
    stdout: '[SUCCESS] Service token deleted: 12\n',
    stderr: '',
  });
  // Its subject went with it.
  expect(server.tokenStore.hasSubject('ci-subject')).toBe(false);
  const json = await run('delete', '--id', '9223372036854775807', '-o', 'json');
  expect(json.stdout).toBe('{\n  "deleted-service-token": 9223372036854775807\n}\n');
  const expired = await run('delete', '--expired', '--yes', '-o', 'json');
  expect(jsonOf(expired.stdout)).toEqual({ 'deleted-service-tokens': [13] });
  expect(await run('delete', '--id', '12')).toMatchObject({ code: 8, stdout: '' });
  expect(await run('delete', '--id', '12', '--if-exists')).toMatchObject({ code: 0 });
});

test('delete --superseded keeps the newest of the name', async () => {
  const { server, run } = await start();
  expect(await run('delete', '--name', 'otel', '--superseded')).toMatchObject({ code: 3, stdout: '' });
  const result = await run('delete', '--name', 'otel', '--superseded', '--yes');
  expect(result).toMatchObject({ code: 0, stdout: '[SUCCESS] Service token deleted: 14\n' });
  expect(server.serviceTokens().filter(({ name }) => name === 'otel')).toHaveLength(1);
});

test('a token that may not manage tokens is told the permission that is missing', async () => {
  const { server } = await start();
  const weak = server.seedToken({ name: 'weak', roles: ['ingestion'] });
  for (const argv of [['list'], ['delete', '--id', '12'], ['create', '-n', 'x', '--roles', 'ingestion']]) {
    const result = await runSts(['service-token', ...argv, '--url', server.url, '--service-token', weak.token]);
    expect(result).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('manage-service-tokens') });
    expect(result.stderr).not.toContain(weak.token);
  }
});
