import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { jsonOf, startForTest, tempFolder, testTime } from '../support/run.ts';
import { testClock } from '../support/test-clock.ts';
import { runVerb, verbKinds } from './kinds.ts';

const hour = 3_600_000;
const firstId = 77n;

describe.each(verbKinds)('a response with a strange secret, $title', (kind) => {
  const { noun, short, createRoute, secretMember, rows } = kind;
  const start = () => startForTest({ firstId, firstTokenId: firstId });
  const responseWith = (secret: string) =>
    JSON.stringify({ id: Number(firstId), lastUpdateTimestamp: testTime, name: 'ci', [secretMember]: secret });

  test.each([
    ['is empty', ''],
    ['has a control character', 'iapikeyok-\u001b[31m'],
    ['is masked', '****'],
    ['is longer than any header', `iapikeyok-${'x'.repeat(100_000)}`],
  ])('that %s: what cannot be delivered is deleted again, or named with its id', async (_, secret) => {
    const server = await start();
    server.setFault(createRoute, { kind: 'body', text: responseWith(secret) });
    const result = await runVerb(kind, server, ['create', '-n', 'ci'], { ...testClock(testTime) });
    expect(result.code).not.toBe(0);
    expect(result.stdout).toBe('');
    if (secret.length > 4) expect(result.stderr).not.toContain(secret);
    // The response of a token has no id: what may be it is named, not deleted.
    if (noun === 'ingestion-api-key') expect(rows(server)).toEqual([]);
    else expect(result.stderr).toContain(`sts ${noun} delete --id ${firstId}`);
  });

  test.each([`${short}-"quoted"-'twice'`, '$HOME`id`;#&', '==', `${short} with blanks`, 'schlüssel'])(
    '%s, which is printable, is delivered as it is, or deleted again where a file cannot hold it',
    async (secret) => {
      const server = await start();
      server.setFault(createRoute, { kind: 'body', text: responseWith(secret) });
      const path = join(tempFolder(), 'k');
      const written = await runVerb(kind, server, ['create', '-n', 'ci', '--key-file', path], { ...testClock(testTime) });
      if (written.code === 0) expect(readFileSync(path, 'utf8')).toBe(`${secret}\n`);
      else {
        expect(written).toMatchObject({ code: 6, stderr: expect.stringContaining('was deleted again') });
        expect(rows(server)).toEqual([]);
        expect(existsSync(path)).toBe(false);
      }
      const again = await start();
      again.setFault(createRoute, { kind: 'body', text: responseWith(secret) });
      const result = await runVerb(kind, again, ['create', '-n', 'ci', '-o', 'json'], { ...testClock(testTime) });
      expect(result.code).toBe(0);
      expect(jsonOf(result.stdout)).toMatchObject({ [noun]: { [secretMember]: secret } });
    },
  );
});

describe.each(verbKinds)('a clock that is six hours slow, $title', (kind) => {
  const { rows, seed } = kind;

  test.each([
    ['create', ['create', '-n', 'new', '--expires-in', '12h']],
    ['rotate', ['rotate', '-n', 'ci', '--expires-in', '12h']],
    ['renew', ['renew', '-n', 'new', '--expires-in', '12h', '--key-file', '-FILE-']],
  ] as const)('%s reckons from the server, and says so once', async (_, [verb, ...flags]) => {
    const clock = testClock(testTime);
    const server = await startForTest({ now: clock.serverNow });
    seed(server, { lastUpdateTimestamp: BigInt(testTime - hour) });
    clock.jump(-6 * hour);
    const path = join(tempFolder(), 'k');
    const result = await runVerb(kind, server, [verb, ...flags.map((flag) => (flag === '-FILE-' ? path : flag))], clock);
    expect(result.code, result.stderr).toBe(0);
    const made = Number(rows(server).at(-1)?.expiration) - testTime;
    expect(Math.abs(made - 12 * hour)).toBeLessThan(2000);
    expect(result.stderr.match(/clock of this machine is 6h behind the server's/g)).toHaveLength(1);
  });
});

describe.each(verbKinds)('names that look alike, $title', (kind) => {
  test.each([
    ['composed in another way', 'caf\u00e9', 'cafe\u0301'],
    ['with a blank at the end', 'otel ', 'otel'],
    ['with a capital letter', 'OTEL', 'otel'],
  ])('%s: exit 8, and the name that was probably meant', async (_, there, asked) => {
    const server = await startForTest();
    kind.seed(server, { name: there });
    const result = await runVerb(kind, server, ['rotate', '--name', asked]);
    expect(result).toMatchObject({
      code: 8,
      stdout: '',
      stderr: expect.stringContaining(`Did you mean ${JSON.stringify(there)}`),
    });
    expect(server.count(kind.createRoute)).toBe(0);
  });
});
