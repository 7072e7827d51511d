import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { against, jsonOf, runSts, startForTest, tempFolder } from '../support/run.ts';

const key = 'ingestion-api-key';
const token = 'service-token';
const secret = 'open-telemetry/open-telemetry-collector';

/** Each command, and the one that does the same with the other kind, beside the flags that name the server. */
const cases: readonly (readonly [string, readonly string[], string])[] = [
  [
    key,
    ['create', '-n', 'ci', '--description', 'nightly', '--expires-in', '90d'],
    'create --name ci --expires-in 90d --roles stackstate-ingest-telemetry',
  ],
  [key, ['create', '-n', "my 'own'", '-q'], "create --name 'my '\\''own'\\''' --roles stackstate-ingest-telemetry"],
  [key, ['list'], 'list'],
  [key, ['list', '-n', 'ci', '--expiring-within', '14d'], 'list --name ci --expiring-within 14d'],
  [key, ['get', '--name', 'ci'], 'get --name ci'],
  [key, ['delete', '--name', 'ci', '--name', 'cd', '--superseded', '--yes'], 'delete --name ci --name cd --superseded --yes'],
  [key, ['delete', '--id', '7'], 'delete --id ID'],
  [key, ['delete', '--id', '7', '--id', '8', '--if-exists'], 'delete --id ID --if-exists'],
  [key, ['rotate', '-n', 'ci', '--delete-old', '--after', '10m'], 'rotate --name ci --delete-old --after 10m'],
  [key, ['rotate', '-n', 'ci', '--dry-run'], 'rotate --name ci --dry-run'],
  [key, ['renew', '-n', 'ci', '--key-file', '-FILE-'], 'renew --name ci --key-file -FILE- --roles stackstate-ingest-telemetry'],
  [key, ['verify', '--key-file', '-HELD-'], 'verify --key-file -HELD-'],
  [key, ['migrate', '-n', 'ci', '--roles', 'a,b', '--key-file', '-HELD-'], 'create --name ci --key-file -HELD- --roles a,b'],
  [
    token,
    ['create', '-n', 'ci', '--roles', 'a', '--expires-in', '90d', '--key-file', '-FILE-', '--key-mode', '0640'],
    'create --name ci --expires-in 90d --key-file -FILE- --key-mode 0640',
  ],
  [token, ['list'], 'list'],
  [token, ['get', '--id', '7'], 'get --id ID'],
  [token, ['delete', '--expired', '--yes'], 'delete --expired --yes'],
  [token, ['rotate', '-n', 'ci', '--expires-in', '90d'], 'rotate --name ci --expires-in 90d'],
  [token, ['renew', '-n', 'ci', '--roles', 'a', '--key-file', '-FILE-'], 'renew --name ci --key-file -FILE-'],
];

test.each(cases)('%s %j where there is no such kind: exit 10, and the command that does the same', async (noun, argv, same) => {
  const server = await startForTest({ platform: noun === key ? '2.9' : '6.0' });
  const folder = tempFolder();
  const files: Record<string, string> = { '-FILE-': join(folder, 'new.key'), '-HELD-': join(folder, 'held.key') };
  writeFileSync(join(folder, 'held.key'), 'iapikeyok-held\n', { mode: 0o600 });
  const filled = argv.map((word) => files[word] ?? word);
  const result = await runSts([noun, ...filled, ...against(server)]);
  expect(result).toMatchObject({ code: 10, stdout: '' });
  const named = same.replace(/-(?:FILE|HELD)-/, (word) => files[word] ?? '');
  const other =
    noun === key ? 'Use a service token there: sts service-token' : 'Use an ingestion API key there: sts ingestion-api-key';
  expect(result.stderr.split('\n')).toContain(`  ${other} ${named} --url ${server.url}`);
  expect(result.stderr).toContain(
    noun === key ? 'They exist from StackState 6.0 to SUSE Observability 2.3.5' : 'ingestion API keys',
  );
  expect(result.stderr).not.toContain('svctok-');
  expect(server.requests.filter(({ method, status }) => method !== 'GET' && status === 200)).toEqual([]);
});

test('a migration on a platform without service tokens keeps the key, and names its rotation', async () => {
  const server = await startForTest({ platform: '6.0' });
  const { apiKey } = server.seed({ name: 'ci' });
  const path = join(tempFolder(), 'k');
  writeFileSync(path, `${apiKey}\n`, { mode: 0o600 });
  const result = await runSts([key, 'migrate', '-n', 'ci', '--key-file', path, '--delete-old', ...against(server)]);
  expect(result).toMatchObject({ code: 10, stdout: '' });
  expect(result.stderr).toContain(`sts ingestion-api-key rotate --name ci --delete-old --key-file ${path} --url ${server.url}\n`);
  expect(server.keys()).toHaveLength(1);
});

test('under JSON the command stands in the document', async () => {
  const server = await startForTest({ platform: '2.9' });
  const result = await runSts([key, 'list', '-o', 'json', ...against(server)]);
  expect(jsonOf(result.stderr)).toMatchObject({
    'exit-code': 10,
    'error-message': expect.stringContaining('sts service-token list'),
  });
});

test('a user and a password in the URL are not repeated', async () => {
  const server = await startForTest({ platform: '2.9' });
  const url = server.url.replace('://', '://somebody:hunter22@');
  const result = await runSts([key, 'list', '--url', url, '--service-token', 'svctok-test-service-token-Q71']);
  expect(result.code).toBe(10);
  expect(result.stderr).not.toContain('hunter22');
});

test('the context that the command was given stands in the other one too', async () => {
  const server = await startForTest({ platform: '2.9' });
  const folder = tempFolder();
  const path = join(folder, 'c.yaml');
  const context = `{ url: ${server.url}, service-token: svctok-test-service-token-Q71 }`;
  writeFileSync(path, `contexts: [{ name: prod, context: ${context} }]\ncurrent-context: prod\n`, { mode: 0o600 });
  const result = await runSts([key, 'rotate', '-n', 'ci', '--config', path, '-c', 'prod', '--kubernetes-secret', secret], {
    env: { KUBECONFIG: join(folder, 'none'), XDG_CONFIG_HOME: folder },
  });
  expect([1, 5, 10]).toContain(result.code);
  const listed = await runSts([key, 'list', '--config', path, '-c', 'prod']);
  expect(listed.stderr).toContain(`sts service-token list --config ${path} --context prod\n`);
});
