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

test('--dry-run shows as a table what is there, when it ends and what would be done, and changes nothing', async () => {
  const { server, renew, folder } = await fleetWithPlan(three);
  const ends = (days: number) => ({
    lastUpdateTimestamp: BigInt(testTime - (90 - days) * day),
    expiration: BigInt(testTime + days * day),
  });
  const soon = server('b').seed({ id: 7n, name: 'otel', ...ends(10) });
  const fresh = server('c').seed({ id: 8n, name: 'otel', ...ends(80) });
  for (const [name, { apiKey }] of [['b', soon] as const, ['c', fresh] as const]) {
    writeFileSync(join(folder, `${name}.key`), `${apiKey}\n`, { mode: 0o600 });
  }
  const { code, stdout, stderr } = await renew(['--dry-run']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.split('\n').map((line) => line.trimEnd())).toEqual([
    'CONTEXT | NAME | ID | EXPIRATION | WOULD BE DONE',
    'a       | otel | -  |            | create: there is none',
    'b       | otel | 7  | 2026-03-25 | replace',
    'c       | otel | 8  | 2026-06-03 | nothing',
    '3 keys in the plan: 2 would be renewed, 1 up to date, 0 failed.',
    '',
  ]);
  for (const name of ['a', 'b', 'c']) expect(server(name).count('create') + server(name).count('delete')).toBe(0);
  const json = await renew(['--dry-run', '-o', 'json']);
  expect(jsonOf(json.stdout)).toMatchObject({
    renewals: [
      { context: 'a', name: 'otel', renewed: false, 'would-renew-ingestion-api-key': { reason: 'missing' } },
      { context: 'b', 'ingestion-api-key': { id: 7 }, renewed: false, 'would-renew-ingestion-api-key': { reason: 'due' } },
      { context: 'c', 'ingestion-api-key': { id: 8 }, renewed: false },
    ],
    summary: { total: 3, 'would-renew': 2, 'up-to-date': 1, failed: 0 },
  });
});

test('--dry-run says in the table what it could not find out, and what an earlier run has left', async () => {
  const { server, renew, folder } = await fleetWithPlan(
    (place) => `${three(place)}    delete-old: true\n    after: 1h\n    no-wait: true\n`,
  );
  await server('a').close();
  for (const name of ['b', 'c']) {
    const lastUpdateTimestamp = BigInt(testTime - 80 * day);
    const old = server(name).seed({ name: 'otel', lastUpdateTimestamp, expiration: BigInt(testTime + 10 * day) });
    writeFileSync(join(folder, `${name}.key`), `${old.apiKey}\n`, { mode: 0o600 });
  }
  // The rotation of b cannot delete the old key, and leaves its journal; that of c is meant to leave one.
  server('b').setFault('delete', { kind: 'status', status: 500 });
  await renew(['--timeout', '2s']);

  const { code, stdout, stderr } = await renew(['--dry-run', '--timeout', '2s']);

  expect(code).toBe(4);
  expect(stderr).toContain('[ERROR] a/otel: ');
  const table = stdout.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  const [, ofB] = server('b').keys();
  const [, ofC] = server('c').keys();
  expect(table.slice(1, 4)).toEqual([
    ['a', 'otel', '-', '', 'unknown: failed'],
    ['b', 'otel', String(ofB?.id), '2026-06-13', 'finish or undo the last run, then nothing'],
    ['c', 'otel', String(ofC?.id), '2026-06-13', 'nothing: a later run deletes the one before'],
  ]);
});

test('an interrupt lets what has begun come to its end, and the rest is not begun', async () => {
  const interrupt = new AbortController();
  const { server, renew } = await fleetWithPlan(three);
  server('a').setFault('create', { kind: 'delay', ms: 200, handler: 'run' });
  const running = renew(['--parallel', '1'], { interrupt: interrupt.signal });
  await expect.poll(() => server('a').count('create'), { timeout: 30_000 }).toBe(1);
  interrupt.abort(new InterruptedError('SIGTERM'));
  const { code, stdout, stderr } = await running;
  expect(code).toBe(143);
  expect(stdout).toMatch(/^3 keys in the plan: [01] renewed, 0 up to date, [01] failed, 2 not begun\.$/m);
  expect(stderr).toContain('[ERROR] Interrupted by SIGTERM: 2 renewals were not begun (b/otel, c/otel).\n');
  expect(server('a').keys().length).toBeLessThanOrEqual(1);
  expect([server('b').count('create'), server('c').count('create')]).toEqual([0, 0]);
});

test.each([
  ['an unknown key', 'renewals:\n  - name: a\n    key-fil: /x\n', /plan\.yaml:3:5: .*"key-fil"[\s\S]*Did you mean key-file\?/],
  ['a value that the flag refuses', 'renewals:\n  - name: a\n    key-file: /x\n    expires-in: 90\n', /plan\.yaml:4:17: /],
  ['no name', 'renewals:\n  - key-file: /x\n', /plan\.yaml:2:5: the renewal has no name/],
  ['no destination', 'renewals:\n  - name: a\n', /plan\.yaml:2:5: Say where/],
  [
    'a boolean that is none',
    'renewals:\n  - name: a\n    key-file: /x\n    delete-old: maybe\n',
    /plan\.yaml:4:17: delete-old takes true or false/,
  ],
  ['no renewals', 'renewal: []\n', /no list "renewals"/],
  ['too deep', `renewals: ${'['.repeat(20_000)}`, /nested too deeply/],
  [
    'a list where one value belongs',
    'renewals:\n  - name: a\n    key-file: [/x, /y]\n',
    /plan\.yaml:3:15: key-file takes one value\./,
  ],
  [
    'a renewal that merges itself',
    'renewals:\n  - &a\n    <<: *a\n    name: a\n',
    /plan\.yaml:3:9: << takes what another renewal has/,
  ],
  ['an alias of nothing', 'renewals:\n  - <<: *nothing\n', /plan\.yaml:2:9/],
  ['no YAML', 'renewals: [\n', /plan\.yaml:\d+:\d+ is not valid YAML/],
])('a plan that is wrong is refused with its place: %s', async (_, text, message) => {
  const { renew, server } = await fleetWithPlan(() => text, ['a']);
  const { code, stderr } = await renew();
  expect([1, 3]).toContain(code);
  expect(stderr).toMatch(message);
  expect(server('a').requests).toEqual([]);
});

test('what several renewals have in common may be written once, with anchors, aliases and merge keys', async () => {
  const { server, renew, held } = await fleetWithPlan(
    (folder) => `renewals:
  - &first
    context: a
    name: &name otel
    key-file: ${folder}/a.key
    expires-in: &life 90d
  - <<: *first
    context: b
    key-file: ${folder}/b.key
  - <<: [{ description: by merge }, { description: too late, expires-in: 30d }, *first]
    context: c
    name: *name
    key-file: ${folder}/c.key
    expires-in: *life
`,
  );
  const { code, stderr } = await renew();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const name of ['a', 'b', 'c']) {
    const description = name === 'c' ? { description: 'by merge' } : {};
    const expiration = BigInt(testTime + 90 * day);
    expect(server(name).keys()).toEqual([
      expect.objectContaining({ name: 'otel', apiKey: held(`${name}.key`), expiration, ...description }),
    ]);
  }
});

test('--plan and the flags of one renewal do not go together', async () => {
  const { renew } = await fleetWithPlan(three);
  expect(await renew(['--name', 'x'])).toMatchObject({ code: 3 });
  expect(await runSts(['ingestion-api-key', 'renew'])).toMatchObject({ code: 3, stderr: expect.stringContaining('--plan') });
});
