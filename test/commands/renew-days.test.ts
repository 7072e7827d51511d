import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nodeDisk } from '../../src/platform/node-disk.ts';
import { startForTest, tempFolder, testTime } from '../support/run.ts';
import { stoppingDisk } from '../support/stopping-disk.ts';
import { testClock } from '../support/test-clock.ts';
import { runVerb, verbKinds } from './kinds.ts';

const day = 86_400_000;
const days = 400;
const lifetimeDays = 90;
/** About as many calls to the disk as a run makes that replaces what the file holds. */
const callsOfRotation = 60;

/** Numbers from 0 up to 1, the same ones every time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe.each(verbKinds)('renew of $title, once a day', (kind) => {
  async function start() {
    const clock = testClock(testTime);
    const server = await startForTest({ now: clock.serverNow, keepBodies: false });
    const path = join(tempFolder(), 'held');
    const flags = ['renew', '-n', 'ci', '--expires-in', `${lifetimeDays}d`, '--key-file', path, '--delete-old'] as const;
    const held = () => readFileSync(path, 'utf8').trimEnd();
    return {
      clock,
      server,
      path,
      run: (disk = nodeDisk) => runVerb(kind, server, [...flags], { ...clock, disk, env: { STS_CLI_TIMEOUT: '2s' } }),
      /** Sends data as an agent does, with what the file holds. */
      isTaken: async () => {
        const response = await fetch(`${server.url}/receiver/stsAgent/intake?api_key=${held()}`, { method: 'POST', body: '{}' });
        return response.ok;
      },
      held,
    };
  }

  test(`for ${days} days: as many are created as arithmetic gives, the intake takes what the file holds, one lives in the end`, async () => {
    const { clock, server, run, isTaken, held } = await start();
    let refused = 0;
    for (let number = 0; number < days; number++) {
      const result = await run();
      expect(result, `day ${number}`).toMatchObject({ code: 0, stderr: '' });
      if (!(await isTaken())) refused += 1;
      clock.advance(day);
      if (!(await isTaken())) refused += 1;
    }
    // Each is replaced when a third of its lifetime is left.
    const everyDays = (lifetimeDays * 2) / 3;
    // The ten seconds that the old one is kept each time never add up to a day.
    expect(server.count(kind.createRoute)).toBe(Math.ceil(days / everyDays));
    expect(refused).toBe(0);
    expect(kind.rows(server).map(({ secret }) => secret)).toEqual([held()]);
  }, 120_000);

  test('the same with a kill in every tenth run, and the server down every seventh day', async () => {
    const { clock, server, path, run, isTaken, held } = await start();
    const random = seeded(20_261_125);
    let kills = 0;
    let failures = 0;
    let refused = 0;
    expect((await run()).code).toBe(0);
    // How many calls to the disk a run makes that has nothing to do.
    let usual = 1;
    for (let number = 1; number < days; number++) {
      clock.advance(day);
      const isDown = number % 7 === 0;
      const isDue = kind.rows(server).every(({ expiration = 0n }) => Number(expiration) - clock.now() <= 30 * day);
      const point = Math.floor(random() * 2 * (isDue ? callsOfRotation : usual));
      const watched = stoppingDisk(nodeDisk, number % 10 === 0 ? point : undefined);
      // Who is dead sends nothing, and who is down takes nothing.
      server.setFault('any', { kind: 'reset' }, { when: () => isDown || watched.killed() });
      const { code, stderr } = await run(watched.disk);
      await watched.cleanUp();
      server.setFault('any', { kind: 'reset' }, { times: 0 });
      if (watched.killed()) kills += 1;
      else if (isDown) failures += 1;
      else {
        expect(code, `day ${number}: ${stderr}`).toBe(0);
        if (!isDue) usual = watched.calls.length;
      }
      if (!(await isTaken())) refused += 1;
    }
    expect((await run()).code).toBe(0);
    expect(refused).toBe(0);
    expect(kills).toBeGreaterThan(30);
    expect(failures).toBeGreaterThan(30);
    expect(kind.rows(server).map(({ secret }) => secret)).toEqual([held()]);
    expect(readdirSync(dirname(path))).toEqual(['held']);
  }, 180_000);
});
