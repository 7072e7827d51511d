import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { jsonOf, startForTest, tempFolder, testTime } from '../support/run.ts';
import { testClock } from '../support/test-clock.ts';
import { changes, runVerb, verbKinds } from './kinds.ts';

const day = 86_400_000;
const terminal = { stderr: { isTTY: true } };

describe.each(verbKinds)('the verbs of $title', (kind) => {
  const { noun, short, generated, deleted, titled, secretMember, createRoute, rows, seed } = kind;
  const start = () => startForTest();
  const file = () => join(tempFolder(), 'held');

  test('create prints the secret once, and under -q it alone', async () => {
    const server = await start();
    const text = await runVerb(kind, server, ['create', '--name', 'ci']);
    expect(text).toMatchObject({ code: 0, stdout: `[SUCCESS] ${generated}${rows(server)[0]?.secret}\n`, stderr: '' });
    const quiet = await runVerb(kind, server, ['create', '-n', 'ci', '-q']);
    expect(quiet).toMatchObject({ code: 0, stdout: `${rows(server)[1]?.secret}\n`, stderr: '' });
  });

  test('on a terminal create says the id, the end, that it is shown this once, and others of the name', async () => {
    const server = await start();
    const other = seed(server);
    const result = await runVerb(kind, server, ['create', '-n', 'ci', '--expires-in', '90d'], terminal);
    const issued = rows(server)[1];
    expect(result.stderr).toContain(`Id: ${issued?.id}. Expires: 2026-06-13. The ${short} is shown this once.\n`);
    expect(result.stderr).toContain(`Another ${short} has the same name: ${other.id}.\n`);
  });

  test('under JSON the document has the id and the secret', async () => {
    const server = await start();
    const result = await runVerb(kind, server, ['create', '-n', 'ci', '--expires-in', '90d', '-o', 'json']);
    const [issued] = rows(server);
    expect(jsonOf(result.stdout)).toMatchObject({
      [noun]: { id: Number(issued?.id), name: 'ci', [secretMember]: issued?.secret, expiration: testTime + 90 * day },
    });
  });

  test.each([
    ['raw', [], (secret: string) => `${secret}\n`],
    ['raw-no-newline', ['--key-format', 'raw-no-newline'], (secret: string) => secret],
    ['dotenv', ['--key-format', 'dotenv', '--key-var', 'STS_API_KEY'], (secret: string) => `STS_API_KEY=${secret}\n`],
  ])('create writes a new file, %s, for its owner alone', async (_, flags, document) => {
    const server = await start();
    const path = file();
    const result = await runVerb(kind, server, ['create', '-n', 'ci', '--key-file', path, ...flags]);
    const [issued] = rows(server);
    expect(readFileSync(path, 'utf8')).toBe(document(issued?.secret ?? ''));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(result).toMatchObject({ code: 0, stdout: `[SUCCESS] ${titled} written to ${path} (id ${issued?.id})\n`, stderr: '' });
    expect(await runVerb(kind, server, ['verify', '--key-file', path])).toMatchObject({ code: 0 });
  });

  test('create hands the document to a command, and takes the credential back when that fails', async () => {
    const server = await start();
    const path = file();
    const taken = await runVerb(kind, server, ['create', '-n', 'ci', '--key-command', `cat >'${path}'`]);
    expect(taken).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(path, 'utf8')).toBe(`${rows(server)[0]?.secret}\n`);
    expect(taken.stdout).not.toContain(rows(server)[0]?.secret);
    const refused = await runVerb(kind, server, ['create', '-n', 'ci', '--key-command', 'cat >/dev/null; exit 3']);
    expect(refused).toMatchObject({ code: 6, stdout: '', stderr: expect.stringContaining('ended with exit code 3') });
    expect(refused.stderr).toContain(`The new ${short} was deleted again.`);
    expect(rows(server)).toHaveLength(1);
  });

  test.each([
    ['closed', { state: 'closed' }, 0],
    ['full', { failWith: { code: 'ENOSPC' } }, 1],
  ] as const)('a stdout that is %s: exit 6, and none is left', async (_, stdout, created) => {
    const server = await start();
    const result = await runVerb(kind, server, ['create', '-n', 'ci'], { stdout });
    expect(result.code).toBe(6);
    expect(server.count(createRoute)).toBe(created);
    expect(rows(server)).toEqual([]);
  });

  test('a lost response: exit 11 with the id of what may be it, and the command that deletes it', async () => {
    const server = await start();
    server.setFault(createRoute, { kind: 'reset', handler: 'run' });
    const result = await runVerb(kind, server, ['create', '-n', 'ci']);
    expect(result).toMatchObject({ code: 11, stdout: '' });
    expect(server.count(createRoute)).toBe(1);
    expect(result.stderr).toContain(`sts ${noun} delete --id ${rows(server)[0]?.id}`);
  });

  test('rotate keeps name and lifetime, and says how the old one is deleted', async () => {
    const server = await start();
    const made = BigInt(testTime - day);
    const old = seed(server, { lastUpdateTimestamp: made, expiration: made + BigInt(30 * day) });
    const result = await runVerb(kind, server, ['rotate', '--name', 'ci']);
    const issued = rows(server)[1];
    expect(issued).toMatchObject({ name: 'ci', expiration: BigInt(testTime + 30 * day) });
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toBe(
      `[SUCCESS] ${generated}${issued?.secret}\nThe old ${short} ${old.id} still works. Delete it when nobody uses it any more: sts ${noun} delete --id ${old.id} --url ${server.url}\n`,
    );
  });

  test('rotate changes the file alone that holds the old one, and deletes the old one last', async () => {
    const server = await start();
    const old = seed(server);
    const path = file();
    writeFileSync(path, `# mine\nOTHER=1\nAPI_KEY=${old.secret}\n`, { mode: 0o600 });
    const flags = ['--key-var', 'API_KEY', '--key-file', path, '--delete-old', '--after', '0s', '-o', 'json'];
    const result = await runVerb(kind, server, ['rotate', '-n', 'ci', ...flags]);
    const [issued, ...others] = rows(server);
    expect(others).toEqual([]);
    expect(readFileSync(path, 'utf8')).toBe(`# mine\nOTHER=1\nAPI_KEY=${issued?.secret}\n`);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).not.toContain(issued?.secret);
    expect(jsonOf(result.stdout)).toMatchObject({
      [noun]: { id: Number(issued?.id) },
      'key-file': path,
      [`replaced-${noun}`]: { deleted: true, id: Number(old.id) },
    });
    expect(readdirSync(join(path, '..'))).toEqual(['held']);
  });

  test('--no-wait: the journal remembers, and the next run deletes the old one when its time has come', async () => {
    const clock = testClock(testTime);
    const server = await startForTest({ now: clock.serverNow });
    const old = seed(server, { lastUpdateTimestamp: BigInt(testTime - day), expiration: BigInt(testTime + day / 4) });
    const path = file();
    writeFileSync(path, `${old.secret}\n`, { mode: 0o600 });
    const renew = [
      'renew',
      '-n',
      'ci',
      '--key-file',
      path,
      '--expires-in',
      '90d',
      '--delete-old',
      '--after',
      '1h',
      '--no-wait',
    ] as const;
    const first = await runVerb(kind, server, [...renew], clock);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toContain('is deleted by the next run, when its time is over.');
    expect(rows(server)).toHaveLength(2);
    clock.advance(1_800_000);
    expect(await runVerb(kind, server, [...renew], clock)).toMatchObject({ code: 0 });
    expect(rows(server)).toHaveLength(2);
    const early = await runVerb(
      kind,
      server,
      ['rotate', '-n', 'ci', '--key-file', path, '--delete-old', '--after', '1h', '--no-wait'],
      clock,
    );
    expect(early).toMatchObject({ code: 3, stderr: expect.stringContaining(`keeps the old one, ${old.id}`) });
    clock.advance(1_800_001);
    const last = await runVerb(kind, server, [...renew], clock);
    expect(last).toMatchObject({ code: 0, stdout: expect.stringContaining(`${titled} is up to date`) });
    expect(rows(server).map(({ secret }) => `${secret}\n`)).toEqual([readFileSync(path, 'utf8')]);
    expect(existsSync(`${path}.sts-pending`)).toBe(false);
  });

  test.each([
    [['create', '-n', 'ci', '--key-file', 'k', '--no-wait'], '--no-wait'],
    [['rotate', '-n', 'ci', '--delete-old', '--no-wait'], '--after'],
    [['rotate', '-n', 'ci', '--delete-old', '--after', '1h', '--no-wait'], 'needs a place to remember the old one'],
    [['rotate', '-n', 'ci', '-n', 'cd'], '--name'],
    [['create', '-n', 'ci', '-n', 'cd'], '--name'],
    [['rotate', '-n', 'ci', '--delete-old', '--after', '10'], '10m'],
    [['renew', '-n', 'ci'], 'Say where the'],
    [['renew', '-n', 'ci', '--key-file', '-'], 'Say where the'],
    [['rotate'], `Say which ${short} is to be replaced`],
    [['verify', 'iapikeyok-secret'], '--key-file'],
    [['create', 'ci'], '--name'],
  ] as const)('%j is a usage error that says which flag it takes, and nothing is sent', async ([verb, ...flags], words) => {
    const server = await start();
    const result = await runVerb(kind, server, [verb, ...flags]);
    expect(result).toMatchObject({ code: 3, stdout: '' });
    expect(result.stderr).toContain(words);
    expect(result.stderr).not.toContain('iapikeyok-secret');
    expect(server.requests).toEqual([]);
  });

  test('an unknown id or name is exit 8, with the nearest name; a name of several is exit 3 with each of them', async () => {
    const server = await start();
    seed(server, { name: 'otel' });
    expect(await runVerb(kind, server, ['rotate', '--id', '9'])).toMatchObject({
      code: 8,
      stderr: expect.stringContaining('id 9'),
    });
    expect(await runVerb(kind, server, ['rotate', '--name', 'otle'])).toMatchObject({
      code: 8,
      stderr: expect.stringContaining('Did you mean "otel"?'),
    });
    const second = seed(server, { name: 'otel' });
    const several = await runVerb(kind, server, ['rotate', '--name', 'otel']);
    expect(several).toMatchObject({ code: 3, stderr: expect.stringContaining(`give --id ${second.id} instead of --name`) });
    expect(changes(server)).toEqual([]);
  });

  test('rotate --dry-run and renew --dry-run say what would be done, and send and write nothing that changes anything', async () => {
    const server = await start();
    const made = BigInt(testTime - 80 * day);
    const old = seed(server, { lastUpdateTimestamp: made, expiration: made + BigInt(90 * day) });
    const folder = tempFolder();
    const path = join(folder, 'held');
    writeFileSync(path, `${old.secret}\n`, { mode: 0o600 });
    const rotation = await runVerb(kind, server, [
      'rotate',
      '-n',
      'ci',
      '--key-file',
      path,
      '--delete-old',
      '--after',
      '10m',
      '--dry-run',
    ]);
    expect(rotation).toMatchObject({ code: 0, stderr: '' });
    expect(rotation.stdout).toContain(`The ${short} ${old.id} (ci; expires: `);
    expect(rotation.stdout).toContain('deleted after 10m');
    const renewal = await runVerb(kind, server, ['renew', '-n', 'ci', '--key-file', path, '--dry-run']);
    expect(renewal).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('would be replaced') });
    const first = await runVerb(kind, server, [
      'renew',
      '-n',
      'ci',
      '--key-file',
      join(folder, 'none'),
      '--dry-run',
      '-o',
      'json',
    ]);
    expect(jsonOf(first.stdout)).toMatchObject({ renewed: false, [`would-renew-${noun}`]: { name: 'ci', reason: 'missing' } });
    expect(changes(server)).toEqual([]);
    expect(readdirSync(folder)).toEqual(['held']);
    expect(readFileSync(path, 'utf8')).toBe(`${old.secret}\n`);
  });

  test('renew creates what is missing or refused, leaves what is fresh, and replaces what ends soon', async () => {
    const clock = testClock(testTime);
    const server = await startForTest({ now: clock.serverNow });
    const path = file();
    const renew = (...flags: string[]) =>
      runVerb(
        kind,
        server,
        ['renew', '-n', 'ci', '--expires-in', '90d', '--key-file', path, '--delete-old', '--after', '0s', ...flags],
        clock,
      );
    expect(await renew('-o', 'json')).toMatchObject({ code: 0, stdout: expect.stringContaining('"renewed": true') });
    const [first] = rows(server);
    expect(readFileSync(path, 'utf8')).toBe(`${first?.secret}\n`);
    clock.advance(59 * day);
    expect(await renew()).toMatchObject({
      code: 0,
      stdout: `[SUCCESS] ${titled} is up to date: ${first?.id} (ci), expires 2026-06-13\n`,
      stderr: '',
    });
    clock.advance(2 * day);
    expect(await renew()).toMatchObject({ code: 0, stdout: expect.stringContaining(`${deleted}${first?.id}`) });
    expect(rows(server)).toHaveLength(1);
    writeFileSync(path, `${first?.secret}\n`);
    const refused = await renew('-o', 'json');
    expect(refused).toMatchObject({ code: 0, stdout: expect.stringContaining('"renewed": true') });
    expect(rows(server).map(({ secret }) => `${secret}\n`)).toContain(readFileSync(path, 'utf8'));
  });

  test('renew with a command says that it goes by the newest of the name alone', async () => {
    const server = await start();
    const path = file();
    const renew = ['renew', '-n', 'ci', '--expires-in', '90d', '--key-command', `cat >'${path}'`] as const;
    expect(await runVerb(kind, server, [...renew])).toMatchObject({ code: 0, stderr: '' });
    const again = await runVerb(kind, server, [...renew], terminal);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('is up to date') });
    expect(again.stderr).toContain(`the newest ${short} of the name`);
    expect(rows(server)).toHaveLength(1);
  });

  test('verify: a verdict that says which file, which server, and what next', async () => {
    const server = await start();
    const live = seed(server);
    const path = file();
    writeFileSync(path, `A=${live.secret}\nB=nothing-good\n`, { mode: 0o600 });
    expect(await runVerb(kind, server, ['verify', '--key-file', path])).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('--key-var'),
    });
    const good = await runVerb(kind, server, ['verify', '--key-file', path, '--key-var', 'A']);
    expect(good).toMatchObject({ code: 0, stdout: `[SUCCESS] ${titled} is valid\n`, stderr: '' });
    const bad = await runVerb(kind, server, ['verify', '--key-file', path, '--key-var', 'B'], terminal);
    expect(bad).toMatchObject({ code: 12, stdout: `${titled} is not valid\n` });
    expect(bad.stderr).toContain(`the key file ${path}, asked ${new URL(server.url).host}`);
    expect(bad.stderr).toContain(`sts ${noun} list`);
    expect(bad.stderr).not.toContain('nothing-good');
  });
});
