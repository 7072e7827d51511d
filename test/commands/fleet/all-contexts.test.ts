import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { tokens } from '../../stackstate/server.ts';
import { jsonOf, runSts, startForTest, testTime } from '../../support/run.ts';
import { startFleet } from './support.ts';

const day = 86_400_000;
const list = ['ingestion-api-key', 'list', '--all-contexts'];

test('all contexts are asked at once, and each row says whose it is', async () => {
  const { server, flags } = await startFleet(['prod-us', 'prod-eu']);
  server('prod-eu').seed({ id: 1n, name: 'otel' });
  server('prod-us').seed({ id: 2n, name: 'agent', expiration: BigInt(testTime + 10 * day) });
  const text = await runSts([...list, ...flags]);
  expect(text).toMatchObject({ code: 0, stderr: '' });
  expect(text.stdout.split('\n').map((line) => line.trimEnd())).toEqual([
    'CONTEXT | ID | NAME  | EXPIRATION | DESCRIPTION',
    'prod-eu | 1  | otel  |            | -',
    'prod-us | 2  | agent | 2026-03-25 | -',
    '',
  ]);
  const json = await runSts([...list, ...flags, '-o', 'json']);
  expect(jsonOf(json.stdout)).toMatchObject({
    'ingestion-api-keys': [
      { context: 'prod-eu', id: 1, name: 'otel' },
      { context: 'prod-us', id: 2, name: 'agent' },
    ],
  });
});

test('a context that fails is told on stderr and by the exit code, and the others are shown', async () => {
  const { server, flags } = await startFleet(['down', 'refusing', 'up']);
  server('up').seed({ id: 7n, name: 'seven' });
  server('refusing').setFault('list', { kind: 'status', status: 403 });
  await server('down').close();
  const { code, stdout, stderr } = await runSts([...list, ...flags, '-q', '--timeout', '2s']);
  // The gravest: a server that refuses is graver than one that is not there.
  expect({ code, stdout }).toEqual({ code: 2, stdout: '7\n' });
  expect(stderr).toContain('down: ');
  expect(stderr).toContain('refusing: ');
});

test('where a server was not reached, it is not said that there is none', async () => {
  const { server, flags } = await startFleet(['down', 'up']);
  await server('down').close();
  const { code, stdout } = await runSts([...list, ...flags, '--timeout', '2s']);
  expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
});

test('what is about to expire anywhere is found by the exit code', async () => {
  const { server, flags } = await startFleet(['a', 'b']);
  server('b').seed({ id: 3n, name: 'soon', expiration: BigInt(testTime + day) });
  server('a').seed({ id: 4n, name: 'late', expiration: BigInt(testTime + 90 * day) });
  const check = await runSts([...list, ...flags, '--expiring-within', '14d', '--exit-code', '-q']);
  expect(check).toMatchObject({ code: 12, stdout: '3\n' });
});

test('how a key stands is reckoned by the clock of its server', async () => {
  const { server, flags } = await startFleet(['a', 'b']);
  server('a').seed({ id: 3n, name: 'lives', expiration: BigInt(testTime + day) });
  server('b').seed({ id: 4n, name: 'ended', expiration: BigInt(testTime - day) });
  for (const now of [testTime - 30 * day, testTime + 30 * day]) {
    const { stdout, stderr } = await runSts([...list, ...flags, '-o', 'wide'], { now });
    expect(stdout).toMatch(/^a .* \| expires in 1d\n/m);
    expect(stdout).toMatch(/^b .* \| expired\n/m);
    expect(stderr).toMatch(/^\[WARN\] a: This machine's clock is 30 days /m);
  }
});

test('the variables that name one server do not reach the others', async () => {
  const { server, flags } = await startFleet(['a']);
  server('a').seed({ id: 5n, name: 'five' });
  const env = { STS_CLI_URL: 'http://127.0.0.1:1', STS_CLI_API_TOKEN: 'other' };
  const { code, stdout, stderr } = await runSts([...list, ...flags, '-q'], { env });
  expect({ code, stdout }).toEqual({ code: 0, stdout: '5\n' });
  expect(stderr).toContain('STS_CLI_URL and STS_CLI_API_TOKEN are ignored, because --all-contexts');
});

test.each([
  ['--url', 'https://other.example.com'],
  ['--api-token', 'other-token'],
  ['--context', 'a'],
])('a flag that names one server (%s) contradicts all contexts, and nothing is sent', async (flag, value) => {
  const { server, flags } = await startFleet(['a']);
  const { code, stderr } = await runSts([...list, ...flags, flag, value]);
  expect(code).toBe(3);
  expect(stderr).toContain(`but ${flag} names only one`);
  expect(stderr).not.toContain('other-token');
  expect(server('a').requests).toEqual([]);
});

test('a CA that is given is trusted for all contexts', async () => {
  const secure = await startForTest({ tls: true });
  secure.seed({ id: 8n, name: 'eight' });
  const { folder, config } = await startFleet([]);
  writeFileSync(join(folder, 'ca.pem'), secure.caPem);
  const context = { url: secure.url, 'service-token': tokens.service };
  writeFileSync(config, stringify({ contexts: [{ name: 'secure', context }] }));
  const run = await runSts([...list, '--config', config, '-q', '--ca-cert-path', join(folder, 'ca.pem')]);
  expect(run).toMatchObject({ code: 0, stdout: '8\n', stderr: '' });
});

test('a config file without contexts is said to have none', async () => {
  const { code, stderr } = await runSts(list);
  expect(code).toBe(1);
  expect(stderr).toContain('sts context save');
});

test('the Prometheus format names context, key and id, and says which servers were reached', async () => {
  const { server, flags } = await startFleet(['a', 'gone']);
  server('a').seed({ id: 6n, name: 'odd "name"\\\n', lastUpdateTimestamp: 1_500n, expiration: 1_773_570_600_000n });
  await server('gone').close();
  const { stdout, code } = await runSts([...list, ...flags, '-o', 'prometheus', '--timeout', '2s']);
  expect(code).toBe(4);
  const labels = 'context="a",name="odd \\"name\\"\\\\\\n",id="6"';
  expect(stdout.split('\n')).toEqual([
    '# HELP sts_ingestion_api_key_expiration_timestamp_seconds When the ingestion API key expires, in seconds since 1970; absent: never.',
    '# TYPE sts_ingestion_api_key_expiration_timestamp_seconds gauge',
    `sts_ingestion_api_key_expiration_timestamp_seconds{${labels}} 1773570600`,
    '# HELP sts_ingestion_api_key_created_timestamp_seconds When the ingestion API key was created, in seconds since 1970.',
    '# TYPE sts_ingestion_api_key_created_timestamp_seconds gauge',
    `sts_ingestion_api_key_created_timestamp_seconds{${labels}} 1.5`,
    '# HELP sts_ingestion_api_key_listing_success Whether the server of the context could be asked.',
    '# TYPE sts_ingestion_api_key_listing_success gauge',
    'sts_ingestion_api_key_listing_success{context="a"} 1',
    'sts_ingestion_api_key_listing_success{context="gone"} 0',
    '',
  ]);
});

test('the Prometheus format is refused where it means nothing', async () => {
  const { code, stderr } = await runSts(['version', '-o', 'prometheus']);
  expect(code).toBe(3);
  expect(stderr).toContain('list -o prometheus');
});
