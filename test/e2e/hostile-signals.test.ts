import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import type { Fault, RouteName, Stage } from '../stackstate/server.ts';
import { type BuiltOptions, type StartedProgram, startBuilt } from '../support/built.ts';
import { count } from '../support/counts.ts';
import { environmentOf, startForTest, tempFolder } from '../support/run.ts';
import { argvOf, expectHarmless, firstId, type World } from './hostile-support.ts';

// A signal at each moment: nothing happened, or it is settled, or said.

/** How long the server waits after the last signal; where that is noticed later, the case ends as it must all the same. */
const noticedMs = 150;
/** How long the first of two signals may take to be answered. */
const answeredMs = 10_000;
/** What a signal is answered by that does not end the program at once. */
const goesOn = '[WARN] ';

let tried = 0;
afterAll(() => count('fault cases', tried));

interface SignalCase {
  readonly title: string;
  readonly flags?: (world: World) => readonly string[];
  readonly argv?: readonly string[];
  readonly stdout?: BuiltOptions['stdout'];
  /** The request at which the signals come, one after the other. */
  readonly at: readonly [RouteName, Stage];
  readonly signals: readonly NodeJS.Signals[];
  readonly faults?: readonly (readonly [RouteName, Fault])[];
  /** The signal that ends the program, or its exit code. */
  readonly ends: NodeJS.Signals | number;
  readonly requests: readonly string[];
  readonly keys: number;
  readonly delivered?: 'stdout' | 'file';
  readonly stderr?: readonly string[];
}

const toFile = ({ path }: World) => ['--key-file', path];
const created = { requests: ['POST'], keys: 1 };
const createdInFile = { requests: ['GET', 'POST'], keys: 1 };
const inFlight = { at: ['create', 'handled'] } as const;
const [sigint, sigterm] = [['SIGINT'], ['SIGTERM']] as const;
const notDeleted = [`could not be deleted again`, `delete --id ${firstId}`];

const cases: SignalCase[] = [
  {
    title: 'SIGINT before the key is made',
    at: ['create', 'received'],
    signals: sigint,
    ends: 'SIGINT',
    ...created,
    delivered: 'stdout',
  },
  { title: 'SIGINT in flight', ...inFlight, signals: sigint, ends: 'SIGINT', ...created, delivered: 'stdout' },
  { title: 'SIGTERM in flight', ...inFlight, signals: sigterm, ends: 'SIGTERM', ...created, delivered: 'stdout' },
  {
    title: 'SIGINT in flight, to a file',
    flags: toFile,
    ...inFlight,
    signals: sigint,
    ends: 'SIGINT',
    ...createdInFile,
    delivered: 'file',
  },
  {
    title: 'SIGTERM in flight, to a file',
    flags: toFile,
    ...inFlight,
    signals: sigterm,
    ends: 'SIGTERM',
    ...createdInFile,
    delivered: 'file',
  },
  {
    title: 'SIGINT in flight, JSON',
    flags: () => ['-o', 'json'],
    ...inFlight,
    signals: sigint,
    ends: 'SIGINT',
    ...created,
    delivered: 'stdout',
  },
  {
    title: 'SIGINT in flight, stdout full',
    stdout: 'full',
    ...inFlight,
    signals: sigint,
    ends: 6,
    requests: ['POST', 'DELETE', 'GET'],
    keys: 0,
  },
  {
    title: 'SIGINT while undoing',
    stdout: 'full',
    at: ['delete', 'received'],
    signals: sigint,
    ends: 6,
    requests: ['POST', 'DELETE', 'GET'],
    keys: 0,
  },
  {
    title: 'SIGINT while undoing, which fails',
    stdout: 'full',
    at: ['delete', 'received'],
    faults: [['delete', { kind: 'reset' }]],
    signals: sigint,
    ends: 6,
    requests: ['POST', 'DELETE', 'GET'],
    keys: 1,
    stderr: notDeleted,
  },
  {
    title: 'SIGINT in flight, 500',
    faults: [['create', { kind: 'status', status: 500, handler: 'run' }]],
    ...inFlight,
    signals: sigint,
    ends: 11,
    requests: ['POST', 'GET'],
    keys: 1,
    stderr: [`delete --id ${firstId}`],
  },
  {
    title: 'SIGTERM in flight, reset',
    faults: [['create', { kind: 'reset', handler: 'run' }]],
    ...inFlight,
    signals: sigterm,
    ends: 11,
    requests: ['POST', 'GET'],
    keys: 1,
    stderr: [`delete --id ${firstId}`],
  },
  {
    title: 'SIGINT in flight, no response within the deadline',
    flags: () => ['--timeout', '700ms'],
    faults: [['create', { kind: 'stall', handler: 'run' }]],
    ...inFlight,
    signals: sigint,
    ends: 11,
    requests: ['POST', 'GET'],
    keys: 1,
    stderr: [`delete --id ${firstId}`],
  },
  ...(['SIGINT', 'SIGTERM'] as const).map(
    (second): SignalCase => ({
      title: `SIGINT in flight, then ${second}: at once`,
      flags: toFile,
      ...inFlight,
      faults: [['create', { kind: 'stall', handler: 'run' }]],
      signals: ['SIGINT', second],
      ends: second,
      ...createdInFile,
      stderr: [goesOn],
    }),
  ),
  {
    title: 'SIGINT while listing',
    argv: ['ingestion-api-key', 'list'],
    at: ['list', 'received'],
    faults: [['list', { kind: 'stall' }]],
    signals: sigint,
    ends: 'SIGINT',
    requests: ['GET'],
    keys: 0,
  },
  {
    title: 'SIGTERM while listing is tried again',
    argv: ['ingestion-api-key', 'list'],
    at: ['list', 'received'],
    faults: [['list', { kind: 'status', status: 503, headers: { 'retry-after': '10' } }]],
    signals: sigterm,
    ends: 'SIGTERM',
    requests: ['GET'],
    keys: 0,
  },
];

describe('a signal while a request is in flight', () => {
  test.each(cases)('$title', async (row) => {
    tried += 1;
    let program: StartedProgram | undefined;
    let signalled = false;
    const stackState = await startForTest({
      now: Date.now,
      firstId,
      onStage: async (stage, request) => {
        const [route, at] = row.at;
        if (request.route !== route || stage !== at || signalled) return;
        signalled = true;
        for (const [index, signal] of row.signals.entries()) {
          // A signal that comes while an equal one is pending is lost: the program has to have answered the one before.
          if (index > 0) await answered(program);
          program?.child.kill(signal);
        }
        await sleep(noticedMs);
      },
    });
    for (const [route, fault] of row.faults ?? []) stackState.setFault(route, fault);
    const folder = tempFolder();
    const world: World = { stackState, folder, path: `${folder}/ingestion.key`, seed: (facts) => void stackState.seed(facts) };
    const streams = row.stdout === undefined ? {} : { stdout: row.stdout };
    program = startBuilt(argvOf(row.argv ? { argv: row.argv } : { flags: row.flags?.(world) ?? [] }, world), {
      ...streams,
      env: environmentOf(stackState),
    });
    const result = await program.result;
    expectHarmless(result);
    expect(result.signal ?? result.code, result.stderr).toBe(row.ends);
    expect(stackState.requests.map(({ method }) => method)).toEqual(row.requests);
    expect(stackState.keys()).toHaveLength(row.keys);
    const key = stackState.store.history[0]?.apiKey ?? 'none';
    expect(result.stdout.includes(key)).toBe(row.delivered === 'stdout');
    expect(existsSync(world.path) && readFileSync(world.path, 'utf8').includes(key)).toBe(row.delivered === 'file');
    for (const text of row.stderr ?? []) expect(result.stderr).toContain(text);
  });
});

describe('a signal before any request: nothing happened', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('%s while a token is read from stdin', async (signal) => {
    tried += 1;
    const stackState = await startForTest({ now: Date.now });
    const folder = tempFolder();
    const argv = [
      'ingestion-api-key',
      'create',
      '--name',
      'faulty',
      '--key-file',
      `${folder}/key`,
      '--url',
      stackState.url,
      '--service-token',
      '-',
      '-v',
    ];
    const program = startBuilt(argv, { stdin: { state: 'open' } });
    // Nothing tells when it has come to wait for the token: by then or before, the end is the same.
    await sleep(200);
    program.child.kill(signal);
    const result = await program.result;
    expectHarmless(result);
    expect(result).toMatchObject({ signal, stdout: '' });
    expect(stackState.requests).toEqual([]);
    expect(existsSync(`${folder}/key`)).toBe(false);
  });
});

/** Waits until the program has answered a signal; where it does not, the case fails by what it says, not here. */
async function answered(program: StartedProgram | undefined): Promise<void> {
  for (let waited = 0; waited < answeredMs && !program?.output().stderr.includes(goesOn); waited += 20) await sleep(20);
}
