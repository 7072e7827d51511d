import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { InterruptedError } from '../../../src/errors.ts';
import { jsonOf, type RunOptions, runSts, testTime } from '../../support/run.ts';
import { startFleet } from './support.ts';

const day = 86_400_000;

async function fleetWithPlan(plan: (folder: string) => string, names: readonly string[] = ['a', 'b', 'c']) {
  const fleet = await startFleet(names);
  const path = join(fleet.folder, 'plan.yaml');
  writeFileSync(path, plan(fleet.folder));
  const renew = (more: readonly string[] = [], options?: RunOptions) =>
    runSts(['ingestion-api-key', 'renew', '--plan', path, ...fleet.flags, ...more], options);
  const held = (name: string) => readFileSync(join(fleet.folder, name), 'utf8').trim();
  return { ...fleet, path, renew, held };
}

const three = (folder: string) => `renewals:
  - context: a
    name: otel
    key-file: ${folder}/a.key   # made where there is none
    expires-in: 90d
  - context: b
    name: otel
    key-file: ${folder}/b.key
    delete-old: true
    after: 0s
  - context: c
    name: otel
    key-file: ${folder}/c.key
`;

test('a plan is carried out: created, replaced and left alone, in its order, with a summary', async () => {
  const { server, renew, held, folder } = await fleetWithPlan(three);
  const old = server('b').seed({
    name: 'otel',
    lastUpdateTimestamp: BigInt(testTime - 80 * day),
    expiration: BigInt(testTime + 10 * day),
  });
  writeFileSync(join(folder, 'b.key'), `${old.apiKey}\n`, { mode: 0o600 });
  const fresh = server('c').seed({
    name: 'otel',
    lastUpdateTimestamp: BigInt(testTime),
    expiration: BigInt(testTime + 90 * day),
  });
  writeFileSync(join(folder, 'c.key'), `${fresh.apiKey}\n`, { mode: 0o600 });

  const { code, stdout, stderr } = await renew();
  expect(stderr).toBe('');
  expect(code).toBe(0);
  const lines = stdout.trim().split('\n');
  expect(lines[0]).toContain('a/otel: Ingestion API Key written to');
  expect(lines[1]).toContain('b/otel: Ingestion API Key written to');
  expect(lines[2]).toContain(`b/otel: Ingestion Api Key deleted: ${old.id}`);
  expect(lines[3]).toContain(`c/otel: Ingestion API Key is up to date: ${fresh.id}`);
  expect(lines.at(-1)).toBe('3 keys in the plan: 2 renewed, 1 up to date, 0 failed.');
  for (const name of ['a', 'b', 'c'])
    expect(
      server(name)
        .keys()
        .map(({ apiKey }) => apiKey),
    ).toEqual([held(`${name}.key`)]);

  // A second run on the same day has nothing to do.
  const again = await renew(['-o', 'json']);
  expect(jsonOf(again.stdout)).toMatchObject({ summary: { failed: 0, renewed: 0, total: 3, 'up-to-date': 3 } });
});

test('one server that fails stops no other one; its line stands on stderr, and the exit code is the gravest', async () => {
  const { server, renew } = await fleetWithPlan(three);
  await server('a').close();
  server('b').setFault('create', { kind: 'status', status: 403 });
  const { code, stdout, stderr } = await renew(['-o', 'json', '--timeout', '2s']);
  expect(code).toBe(2);
  expect(jsonOf(stdout)).toMatchObject({
    renewals: [
      { context: 'a', error: true, 'exit-code': 4 },
      { context: 'b', error: true, 'exit-code': 2 },
      { context: 'c', renewed: true },
    ],
    summary: { failed: 2, renewed: 1 },
  });
  expect(stderr).toContain('a/otel: ');
  expect(server('c').keys()).toHaveLength(1);
});

test('--dry-run says what would be done, and changes nothing', async () => {
  const { server, renew } = await fleetWithPlan(three);
  const { code, stdout } = await renew(['--dry-run']);
  expect(code).toBe(0);
  expect(stdout).toContain('a/otel: A new key named otel would be created');
  expect(stdout).toContain('3 keys in the plan: 3 would be renewed, 0 up to date, 0 failed.');
  for (const name of ['a', 'b', 'c']) expect(server(name).count('create')).toBe(0);
});

test('an interrupt lets what has begun come to its end, and the rest is not begun', async () => {
  const interrupt = new AbortController();
  const { server, renew } = await fleetWithPlan(three);
  server('a').setFault('create', { kind: 'delay', ms: 200, handler: 'run' });
  const running = renew(['--parallel', '1'], { interrupt: interrupt.signal });
  await expect.poll(() => server('a').count('create'), { timeout: 30_000 }).toBe(1);
  interrupt.abort(new InterruptedError('SIGTERM'));
  expect((await running).code).toBe(143);
  expect(server('a').keys().length).toBeLessThanOrEqual(1);
  expect([server('b').count('create'), server('c').count('create')]).toEqual([0, 0]);
});

test.each([
  ['renewals:\n  - name: a\n    key-fil: /x\n', /plan\.yaml:3:5: .*"key-fil"[\s\S]*Did you mean key-file\?/],
  ['renewals:\n  - name: a\n    key-file: /x\n    expires-in: 90\n', /plan\.yaml:4:17: /],
  ['renewals:\n  - key-file: /x\n', /plan\.yaml:2:5: the renewal has no name/],
  ['renewals:\n  - name: a\n', /plan\.yaml:2:5: Say where/],
  ['renewals:\n  - name: a\n    key-file: /x\n    delete-old: maybe\n', /plan\.yaml:4:17: delete-old takes true or false/],
  ['renewal: []\n', /no list "renewals"/],
  [`renewals: ${'['.repeat(20_000)}`, /nested too deeply/],
  ['renewals: [\n', /plan\.yaml:\d+:\d+ is not valid YAML/],
])('a plan that is wrong is refused with its place: %j', async (text, message) => {
  const { renew, server } = await fleetWithPlan(() => text, ['a']);
  const { code, stderr } = await renew();
  expect([1, 3]).toContain(code);
  expect(stderr).toMatch(message);
  expect(server('a').requests).toEqual([]);
});

test('--plan and the flags of one renewal do not go together', async () => {
  const { renew } = await fleetWithPlan(three);
  expect(await renew(['--name', 'x'])).toMatchObject({ code: 3 });
  expect(await runSts(['ingestion-api-key', 'renew'])).toMatchObject({ code: 3, stderr: expect.stringContaining('--plan') });
});
