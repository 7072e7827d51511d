import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { verbKinds } from '../commands/kinds.ts';
import type { Fault, SeenRequest, StackState, Stage } from '../stackstate/server.ts';
import { startStackState } from '../stackstate/server.ts';
import { count } from '../support/counts.ts';
import { buildKiller, Case, sweep, watch } from './kill-sweep-support.ts';

// Killed at every step of its own, a rotation of tokens is tried in process, where all destinations are: test/contracts/kill-sweep.test.ts.
const [keys] = verbKinds;

let stackState: StackState;
let folder: string;
let killer: string;
let steps: readonly string[];
/** How many kills at a random time count: beyond them, how many there are differs from run to run. */
const randomTimes = 44;
/** Called at each stage of a request, for the cases that kill from there. */
const watchers = new Set<(stage: Stage, request: SeenRequest) => void>();
const points = {
  steps: 0,
  'steps of the recovery': 0,
  'crash loops': 0,
  'stages of requests': 0,
  'random times': 0,
  'faults of the server': 0,
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sts-sweep-'));
  killer = await buildKiller(folder);
  stackState = await startStackState({
    onStage: (stage, request) => {
      watch();
      for (const watcher of watchers) watcher(stage, request);
    },
  });
  steps = await inCase('all-steps', async (one) => {
    const log = join(folder, 'steps');
    expect(await one.rotateUntil(killer, 0, log).ended).toMatchObject({ code: 0 });
    return readFileSync(log, 'utf8').trim().split('\n');
  });
}, 60_000);

afterAll(async () => {
  await stackState.close();
  rmSync(folder, { recursive: true, force: true });
});

test('killed before and after every step, the next rotation heals everything', async () => {
  expect(steps).toEqual(
    expect.arrayContaining([
      'before lock of the key file',
      'before rename of the journal',
      'after rename of the key file',
      'after unlink of the journal',
    ]),
  );
  await sweep(steps, (step, index) =>
    inCase(`step-${index}`, async (one) => {
      expect(await one.rotateUntil(killer, index + 1).ended).toMatchObject({ signal: 'SIGKILL' });
      await one.expectHealed(`killed ${step}`);
      points.steps += 1;
    }),
  );
}, 120_000);

test('killed, and killed again at every step of the recovery, the next rotation heals everything', async () => {
  // Once the key exists and before the journal says so, and once it is in the file.
  const created = steps.indexOf('before create of the journal', steps.indexOf('after rename of the journal'));
  const delivered = steps.indexOf('after rename of the key file');
  expect([created > 0, delivered > created]).toEqual([true, true]);
  const first = [created, delivered];
  const work: { readonly from: number; readonly log: readonly string[]; readonly at: number }[] = [];
  for (const from of first) {
    // What a run that recovers does before it begins its own rotation, and a little beyond.
    const log = await inCase(`recovery-${from}`, async (one) => {
      await one.rotateUntil(killer, from + 1).ended;
      const file = join(folder, `recovery-${from}`);
      await one.rotateUntil(killer, 0, file).ended;
      return readFileSync(file, 'utf8').trim().split('\n');
    });
    const begun = log.indexOf('after rename of the journal', log.indexOf('after unlink of the journal'));
    for (let at = 1; at <= begun + 1; at++) work.push({ from, log, at });
  }
  await sweep(work, ({ from, log, at }) =>
    inCase(`recovery-${from}-${at}`, async (one) => {
      await one.rotateUntil(killer, from + 1).ended;
      one.expectUsable(`killed ${steps[from]}`);
      expect(await one.rotateUntil(killer, at).ended).toMatchObject({ signal: 'SIGKILL' });
      await one.expectHealed(`killed ${steps[from]}, then ${log[at - 1]}`);
      points['steps of the recovery'] += 1;
    }),
  );
}, 240_000);

test('a rotation that is killed again and again is healed by the first one that is not', async () => {
  await sweep(Array.from({ length: 4 }), (_, index) =>
    inCase(`loop-${index}`, async (one) => {
      for (let round = 0, kills = 0; kills < 12; round++) {
        const at = 1 + Math.floor(Math.random() * steps.length);
        const { signal, code } = await one.rotateUntil(killer, at).ended;
        one.expectUsable(`killed at step ${at} in round ${round}`);
        // A rotation that had little left to do may have come to its end.
        if (signal !== 'SIGKILL') expect(code).toBe(0);
        else {
          kills += 1;
          points['crash loops'] += 1;
        }
      }
      await one.expectHealed('killed again and again');
    }),
  );
}, 120_000);

test.each(verbKinds)(
  'the built program killed at every stage of every request, the next rotation heals everything: $title',
  async (kind) => {
    const work = kind.routes.flatMap((route) =>
      (['received', 'handled', 'answered'] as const).map((stage) => ({ route, stage })),
    );
    const last = kind.routes.at(-1);
    for (const { route, stage } of work) {
      // One after another: a request for the list does not say whose it is.
      await inCase(
        `stage-${route}-${stage}`,
        async (one) => {
          const running = one.rotate();
          const watcher = (at: Stage, request: SeenRequest) => {
            if (at === stage && request.route === route) running.kill();
          };
          watchers.add(watcher);
          const { signal, code } = await running.ended;
          watchers.delete(watcher);
          // After the last answer the program may be quicker than the signal.
          if (route !== last) expect({ signal, code }).toEqual({ signal: 'SIGKILL', code: null });
          await one.expectHealed(`killed when ${route} was ${stage}`);
          points['stages of requests'] += 1;
        },
        stackState,
        kind,
      );
    }
  },
  120_000,
);

test('the built program killed at random times, the next rotation heals everything', async () => {
  const whole = await inCase('random-whole', async (one) => {
    const started = performance.now();
    expect(await one.rotate().ended).toMatchObject({ code: 0 });
    return performance.now() - started;
  });
  let index = 0;
  // What ends before its time has come is no kill point: another takes its place.
  const attempt = async () => {
    index += 1;
    await inCase(`random-${index}`, async (one) => {
      const running = one.rotate();
      // Several programs at once take longer than one alone; its first request is not before half-time.
      const at = whole * (0.4 + Math.random() * 2);
      const timer = setTimeout(() => running.kill(), at);
      const { signal } = await running.ended;
      clearTimeout(timer);
      await one.expectHealed(`killed after ${Math.round(at)} ms`);
      if (signal === 'SIGKILL' && points['random times'] < randomTimes) points['random times'] += 1;
    });
  };
  while (points['random times'] < randomTimes) await sweep(Array.from({ length: 8 }), attempt);
}, 120_000);

test('the server dies at any stage of any request: the file holds a working key and the next rotation heals everything', async () => {
  // A server that died before it verified the key is asked for 30 s: that is tested where the clock is not the real one.
  const routes = ['list', 'create', 'delete'] as const;
  const work = routes.flatMap((route) => (['received', 'handled'] as const).map((stage) => ({ route, stage })));
  await sweep(work, async ({ route, stage }) => {
    let dead: Promise<void> | undefined;
    const mortal = await startStackState({
      onStage: async (at, request) => {
        watch();
        if (at !== stage || request.route !== route || dead !== undefined) return;
        dead = mortal.close();
        await dead;
      },
    });
    await inCase(
      'mortal',
      async (one) => {
        expect((await one.rotate('--no-verify').ended).code, `dies at ${route}`).not.toBe(0);
        const reborn = await startStackState({ store: mortal.store, port: mortal.port, onStage: watch });
        await one.expectHealed(`the server died when ${route} was ${stage}`).finally(() => reborn.close());
      },
      mortal,
    );
    points['faults of the server'] += 1;
  });
}, 120_000);

const faults: Record<string, Fault> = {
  'answers 500': { kind: 'status', status: 500 },
  'answers 500 after doing it': { kind: 'status', status: 500, handler: 'run' },
  'resets the connection': { kind: 'reset' },
  'resets it after doing it': { kind: 'reset', handler: 'run' },
  stalls: { kind: 'stall' },
  'stalls after doing it': { kind: 'stall', handler: 'run' },
  'cuts its answer': { kind: 'truncate' },
};

test.each(verbKinds)(
  'whatever the server does to any request, the file holds what works and the next rotation heals everything: $title',
  async (kind) => {
    const work = kind.routes.flatMap((route) => Object.entries(faults).map(([what, fault]) => ({ route, what, fault })));
    await sweep(work, async ({ route, what, fault }) => {
      const own = await startStackState({ onStage: watch });
      try {
        await inCase(
          'faulty',
          async (one) => {
            own.setFault(route, fault, { times: 1 });
            const { code } = await one.rotate('--timeout', '1s').ended;
            expect(code, `${route} ${what}`).not.toBeNull();
            own.clearFaults();
            await one.expectHealed(`the server ${what} at ${route}`);
          },
          own,
          kind,
        );
      } finally {
        await own.close();
      }
      points['faults of the server'] += 1;
    });
  },
  120_000,
);

test('at least 200 kill points were tried', async () => {
  const { 'faults of the server': faults, ...kills } = points;
  const total = Object.values(kills).reduce((sum, n) => sum + n, 0);
  console.info(`kill sweep: ${total} kill points (${told(kills)}), ${faults} faults of the server`);
  expect(total).toBeGreaterThanOrEqual(200);
  await count('kill points', total);
  await count('server faults', faults);
});

async function inCase<T>(name: string, work: (one: Case) => Promise<T>, server = stackState, kind = keys): Promise<T> {
  const one = new Case(server, name, kind);
  try {
    return await work(one);
  } finally {
    one.close();
  }
}

function told(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([what, n]) => `${n} ${what}`)
    .join(', ');
}
