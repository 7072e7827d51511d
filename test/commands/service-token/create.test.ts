import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { against, jsonOf, runSts, startForTest, tempFolder, testTime } from '../../support/run.ts';
import { testClock } from '../../support/test-clock.ts';

const create = ['service-token', 'create', '-n', 'ci'];

test.each([
  [['--roles', 'ingestion,stackstate-guest']],
  [['--roles', 'ingestion', '--roles', 'stackstate-guest']],
  [['--roles=ingestion, stackstate-guest', '--roles', 'ingestion']],
])('%j: every role once, in the order given', async (flags) => {
  const server = await startForTest();
  const result = await runSts([...create, ...flags, ...against(server)]);
  expect(result).toMatchObject({ code: 0, stderr: '' });
  const body = server.requests.find(({ method }) => method === 'POST')?.body ?? '';
  expect(jsonOf(body)).toEqual({ name: 'ci', roles: ['ingestion', 'stackstate-guest'] });
});

test.each(['--dedicated-subject', '--dedicatedSubject'])('%s and an expiration are sent as the API calls them', async (flag) => {
  const server = await startForTest();
  const flags = ['--roles', 'ingestion', flag, 'ci-subject', '--expiration', '2026-06-01'];
  expect(await runSts([...create, ...flags, ...against(server)])).toMatchObject({ code: 0 });
  expect(server.serviceTokens()[0]).toMatchObject({ dedicatedSubject: 'ci-subject', expiration: BigInt(Date.UTC(2026, 5, 1)) });
});

test('the JSON is that of the Go CLI with the id added', async () => {
  const server = await startForTest({ firstTokenId: 9223372036854775807n });
  const result = await runSts([...create, '--roles', 'ingestion', '--expires-in', '90d', '-o', 'json', ...against(server)]);
  const [token] = server.serviceTokens();
  expect(result.stdout).toBe(
    `{\n  "service-token": {\n    "expiration": ${testTime + 90 * 86_400_000},\n    "id": 9223372036854775807,\n    "name": "ci",\n    "token": "${token?.token}"\n  }\n}\n`,
  );
});

test.each([
  [[], '--roles'],
  [['--roles', ''], '--roles'],
  [['--roles', 'a,,b'], 'has an empty name'],
])('%j is a usage error, and nothing is asked of the server', async (flags, words) => {
  const server = await startForTest();
  const result = await runSts([...create, ...flags, ...against(server)]);
  expect(result).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining(words) });
  expect(server.requests).toEqual([]);
});

test('a role that the server does not know: its reason, and the commands that make a subject', async () => {
  const server = await startForTest();
  const result = await runSts([...create, '--roles', 'otel-ingest', ...against(server)]);
  expect(result).toMatchObject({ code: 2, stdout: '' });
  expect(result.stderr).toContain("Role 'otel-ingest' does not exist.".replace(/\.$/, ''));
  expect(result.stderr).toContain('sts rbac create-subject --subject otel-ingest\n');
  expect(result.stderr).toContain('sts rbac grant --subject otel-ingest --permission update-metrics\n');
  expect(result.stderr).toContain('update-scoped-permissions');
});

test('an end that the server calls past is not blamed on the role', async () => {
  const server = await startForTest({ now: () => Date.UTC(2027, 0) });
  const result = await runSts([...create, '--roles', 'ingestion', '--expiration', '2026-06-01', ...against(server)]);
  expect(result).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('must be in the future') });
  expect(result.stderr).not.toContain('rbac');
});

test('the first token that renew would make needs roles as well', async () => {
  const server = await startForTest();
  const path = join(tempFolder(), 'k');
  const result = await runSts(['service-token', 'renew', '-n', 'ci', '--key-file', path, ...against(server)]);
  expect(result).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('--roles ROLE[,ROLE...]') });
  expect(server.count('token-create')).toBe(0);
});

test('an equal token that somebody makes at the same time: both are told, none is guessed, the secret is delivered', async () => {
  let others = 0;
  const clock = testClock(testTime);
  const server = await startForTest({
    onStage: (stage, { route }) => {
      if (route !== 'token-create' || stage !== 'handled') return;
      others += 1;
      server.seedToken({ name: 'ci', roles: ['ingestion'] });
    },
  });
  const result = await runSts([...create, '--roles', 'ingestion', '-o', 'json', ...against(server)], clock);
  expect(others).toBe(1);
  const [issued, other] = server.serviceTokens();
  expect(result.code).toBe(0);
  expect(jsonOf(result.stdout)).toEqual({ 'service-token': { name: 'ci', token: issued?.token } });
  const text = await runSts([...create, '--roles', 'ingestion', ...against(server)], clock);
  expect(text.stderr).toContain('equal tokens were created at the same time');
  expect(text.stderr).toContain(String(other === undefined ? '' : server.serviceTokens().at(-1)?.id));
});

test('two equal tokens, and the new one cannot be delivered: nothing is deleted, and both are named with the command that does it', async () => {
  const server = await startForTest({
    onStage: (stage, { route }) => {
      if (route === 'token-create' && stage === 'handled') server.seedToken({ name: 'ci', roles: ['ingestion'] });
    },
  });
  const result = await runSts([...create, '--roles', 'ingestion', ...against(server)], {
    ...testClock(testTime),
    stdout: { failWith: { code: 'ENOSPC' } },
  });
  expect(result.code).toBe(6);
  expect(server.count('token-delete')).toBe(0);
  const ids = server.serviceTokens().map(({ id }) => id);
  expect(result.stderr).toContain(`it is one of the tokens ${ids.join(', ')}.`);
  for (const id of ids) expect(result.stderr).toContain(`if nobody uses it: sts service-token delete --id ${id}`);
});

test('a token with a dedicated subject is not rotated: its subject would go with it', async () => {
  const server = await startForTest();
  const { id } = server.seedToken({ name: 'ci', roles: ['ingestion'], dedicatedSubject: 'ci-subject' });
  for (const flags of [[], ['--dry-run']]) {
    const result = await runSts(['service-token', 'rotate', '-n', 'ci', ...flags, ...against(server)]);
    expect(result).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining(`The token ${id} (ci)`) });
    expect(result.stderr).toContain('"ci-subject"');
    expect(result.stderr).toContain('sts service-token create --dedicated-subject NAME');
  }
  expect(server.count('token-create')).toBe(0);
});

test.each(['stdout', 'file'])('the very token that the command is authenticated with is rotated to the end: %s', async (to) => {
  const server = await startForTest();
  const old = server.seedToken({ name: 'admin', roles: ['stackstate-admin'] });
  const path = join(tempFolder(), 'k');
  writeFileSync(path, `${old.token}\n`, { mode: 0o600 });
  const flags = ['-n', 'admin', '--delete-old', '--after', '0s', ...(to === 'file' ? ['--key-file', path] : [])];
  const result = await runSts(['service-token', 'rotate', ...flags, '--url', server.url, '--service-token', old.token]);
  expect(result).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining(`Service token deleted: ${old.id}\n`) });
  expect(server.serviceTokens()).toMatchObject([{ name: 'admin', roles: ['stackstate-admin'] }]);
});

test('a token that deletes itself last, and whose response is a failure: whether it is gone is not known, and is said so', async () => {
  const server = await startForTest();
  const old = server.seedToken({ name: 'admin', roles: ['stackstate-admin'] });
  server.setFault('token-delete', { kind: 'status', status: 500, handler: 'run' });
  const flags = ['-n', 'admin', '--delete-old', '--after', '0s', '--url', server.url, '--service-token', old.token];
  const result = await runSts(['service-token', 'rotate', ...flags]);
  // The list cannot be asked with a token that is gone.
  expect(result).toMatchObject({ code: 11, stdout: expect.stringContaining(server.serviceTokens()[0]?.token ?? 'none') });
  expect(result.stderr).toContain(`The token ${old.id} may be deleted or not.`);
  expect(result.stderr).not.toContain('was not deleted');
  expect(result.stderr).toContain(`sts service-token delete --id ${old.id}`);
});
