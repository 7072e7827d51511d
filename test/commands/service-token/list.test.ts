import { expect, test } from 'vitest';
import { against, jsonOf, runSts, startForTest, testTime } from '../../support/run.ts';

const sts = ['service-token'];
const day = 86_400_000;

/** Tokens as an administrator has them: roles, a dedicated subject, an end. */
async function withTokens() {
  const server = await startForTest();
  server.seedToken({ id: 3n, name: 'otel', roles: ['stackstate-k8s-ingest', 'metrics'], lastUpdateTimestamp: 5n });
  server.seedToken({ id: 9223372036854775807n, name: 'ci', roles: ['guest'], dedicatedSubject: 'ci-subject' });
  server.seedToken({ id: 4n, name: 'otel', roles: ['guest'], expiration: BigInt(testTime + 3 * day), lastUpdateTimestamp: 6n });
  return server;
}

test('tokens are listed by name, with the columns of the Go CLI', async () => {
  const server = await withTokens();
  const result = await runSts([...sts, 'list', ...against(server)]);
  expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /api/security/tokens']);
  expect(result).toMatchObject({ code: 0, stderr: '' });
  expect(result.stdout).toBe(
    [
      'ID                  | NAME | EXPIRATION | ROLES                           | DEDICATED_SUBJECT',
      '9223372036854775807 | ci   |            | [guest]                         | ci-subject',
      '3                   | otel |            | [stackstate-k8s-ingest metrics] | -',
      '4                   | otel | 2026-03-18 | [guest]                         | -',
      '',
    ].join('\n'),
  );
});

test('under JSON they are whole, every digit of an id included, and no token is shown', async () => {
  const server = await withTokens();
  const { stdout } = await runSts([...sts, 'list', '--name', 'ci', '-o', 'json', ...against(server)]);
  expect(stdout).toContain('"id": 9223372036854775807,');
  expect(jsonOf(stdout)).toMatchObject({ 'service-tokens': [{ dedicatedSubject: 'ci-subject', name: 'ci', roles: ['guest'] }] });
  for (const { token } of server.serviceTokens()) expect(stdout).not.toContain(token);
});

test('no tokens: a sentence, or an empty list', async () => {
  const server = await startForTest();
  expect(await runSts([...sts, 'list', '--name', 'nope', ...against(server)])).toMatchObject({
    stdout: 'No service tokens found.\n',
  });
  const { stdout } = await runSts([...sts, 'list', '--name', 'nope', '-o', 'json', ...against(server)]);
  expect(jsonOf(stdout)).toEqual({ 'service-tokens': [] });
});

test('get shows one, the newest of its name', async () => {
  const server = await withTokens();
  const { stdout } = await runSts([...sts, 'get', '--name', 'otel', '-o', 'json', ...against(server)]);
  expect(jsonOf(stdout)).toMatchObject({ 'service-token': { id: 4, name: 'otel', roles: ['guest'] } });
  const wide = await runSts([...sts, 'get', '--id', '4', '-o', 'wide', ...against(server)]);
  expect(wide.stdout).toMatch(/ \| CREATED {4}\| STATUS\n4 .* \| expires in 3d\n$/);
});

test('delete by one id, by name and by several ids says it as the Go CLI does', async () => {
  const server = await withTokens();
  expect(await runSts([...sts, 'delete', '--id', '3', ...against(server)])).toMatchObject({
    code: 0,
    stdout: '[SUCCESS] Service token deleted: 3\n',
    stderr: '',
  });
  const one = await runSts([...sts, 'delete', '--id', '9223372036854775807', '-o', 'json', ...against(server)]);
  expect(one.stdout).toBe('{\n  "deleted-service-token": 9223372036854775807\n}\n');
  const named = await runSts([...sts, 'delete', '--name', 'otel', '--yes', '-o', 'json', ...against(server)]);
  expect(jsonOf(named.stdout)).toEqual({ 'deleted-service-tokens': [4] });
  expect(server.serviceTokens()).toEqual([]);
});

test('a token that is not there: exit 8, in the words for tokens', async () => {
  const server = await withTokens();
  const result = await runSts([...sts, 'get', '--name', 'otle', ...against(server)]);
  expect(result).toMatchObject({ code: 8, stdout: '' });
  expect(result.stderr).toContain('There is no service token named "otle".');
  expect(result.stderr).toContain('sts service-token list');
  expect(await runSts([...sts, 'delete', '--id', 'x', ...against(server)])).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('--id takes the id of a token'),
  });
});
