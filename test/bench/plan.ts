import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { stringify } from 'yaml';
import type { FleetCounts, FleetReset, FleetServers } from './fleet.ts';
import { median } from './measure.ts';

/** One row of the table: a run of the program against a hundred servers. */
interface PlanRow {
  readonly name: string;
  /** How many renewals of the plan; 0: `list --all-contexts`. */
  readonly renewals: number;
  /** Whether all keys are there already. */
  readonly fresh?: boolean;
  /** Whether one server never responds. */
  readonly silent?: boolean;
}

const rows: readonly PlanRow[] = [
  { name: 'plan, 100 renewals, all missing', renewals: 100 },
  { name: 'plan, 1,000 renewals, all missing', renewals: 1000 },
  { name: 'plan, 1,000 renewals, all fresh', renewals: 1000, fresh: true },
  { name: 'plan, 1,000 renewals, one server silent', renewals: 1000, silent: true },
  { name: 'list --all-contexts, 100 servers', renewals: 0, fresh: true },
];

interface Measured {
  readonly ms: number;
  readonly cpuMs: number;
  readonly peakMb: number;
}

const gnuTime = '/usr/bin/time';
const namesEach = 10;

/**
 * Measures plans of renewals against a hundred servers on this machine.
 * @param programs the programs and the words that start them.
 * @param only part of the rows' names.
 * @param rounds how often each is measured.
 * @param worker the file that serves the fleet as a worker.
 * @returns the table, its header first; empty where no row is meant.
 */
export async function planTable(
  programs: readonly { readonly name: string; readonly words: readonly string[] }[],
  { only, rounds, worker: file }: { readonly only: string; readonly rounds: number; readonly worker: URL },
): Promise<string[][]> {
  const wanted = rows.filter(({ name }) => name.includes(only));
  if (wanted.length === 0) return [];
  if (!existsSync(gnuTime)) throw new Error(`The rows about plans need GNU time, as ${gnuTime}.`);
  const worker = new Worker(file, { workerData: 'fleet' });
  const next = <T>() => new Promise<T>((done) => worker.once('message', done));
  const { urls } = await next<FleetServers>();
  const ask = (message: FleetReset | 'counts' | 'forget') => {
    const counts = next<FleetCounts>();
    worker.postMessage(message);
    return counts;
  };
  const table = [['', '', 'time', 'processor', 'peak MB', 'requests', 'created', 'connections at a time', 'answered within']];
  const home = mkdtempSync(join(tmpdir(), 'sts-bench-'));
  try {
    for (const row of wanted) {
      for (const { name, words } of programs) {
        const seen: { readonly measured: Measured; readonly counts: FleetCounts }[] = [];
        for (let round = 0; round < rounds; round++) {
          const { argv, prepare } = commandOf(row, urls, join(home, 'fleet'));
          await ask(row.silent ? { silent: 50 } : {});
          if (row.fresh) {
            prepare(words);
            await ask('forget');
          }
          seen.push({ measured: run([...words, ...argv], row.silent ? 4 : 0), counts: await ask('counts') });
        }
        table.push([row.name, name, ...cellsOf(seen)]);
        process.stderr.write('.');
      }
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
    await worker.terminate();
  }
  return table;
}

function cellsOf(seen: readonly { readonly measured: Measured; readonly counts: FleetCounts }[]): string[] {
  const middle = (of: (one: (typeof seen)[number]) => number) => median(seen.map(of));
  return [
    `${(middle(({ measured }) => measured.ms) / 1000).toFixed(1)} s`,
    `${(middle(({ measured }) => measured.cpuMs) / 1000).toFixed(1)} s`,
    middle(({ measured }) => measured.peakMb).toFixed(0),
    String(middle(({ counts }) => counts.requests)),
    String(middle(({ counts }) => counts.created)),
    String(Math.max(...seen.map(({ counts }) => counts.connections))),
    `${(middle(({ counts }) => counts.answeredWithin) / 1000).toFixed(1)} s`,
  ];
}

/** The command of a row in a new folder, and what makes all keys before it. */
function commandOf({ renewals, silent }: PlanRow, urls: readonly string[], folder: string) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const config = join(folder, 'config.yaml');
  const contexts = urls.map((url, index) => ({ name: `c${index}`, context: { url, 'service-token': 'bench-token' } }));
  writeFileSync(config, stringify({ contexts }), { mode: 0o600 });
  for (const { name } of contexts) mkdirSync(join(folder, name));
  const planned = contexts.flatMap(({ name: context }) =>
    Array.from({ length: namesEach }, (_, number) => ({
      context,
      name: `n${number}`,
      'key-file': join(folder, context, `${number}.key`),
      'expires-in': '90d',
    })),
  );
  const plan = join(folder, 'plan.yaml');
  // A small plan has as many servers as a large one.
  const every = renewals === 0 ? 1 : planned.length / renewals;
  writeFileSync(plan, stringify({ renewals: planned.filter((_, index) => index % every === 0) }));
  const noun = 'ingestion-api-key';
  const renew = [noun, 'renew', '--plan', plan, '--config', config];
  const list = [noun, 'list', '--all-contexts', '--config', config];
  return {
    argv: [...(renewals === 0 ? list : renew), ...(silent ? ['--timeout', '10s'] : [])],
    prepare: (words: readonly string[]) => void run([...words, ...renew], 0),
  };
}

/** @throws Error when the command does not end as it should, or says something that it should not. */
function run(argv: readonly string[], exitCode: number): Measured {
  const folder = mkdtempSync(join(tmpdir(), 'sts-bench-'));
  try {
    const report = join(folder, 'report');
    const { status, stderr } = spawnSync(gnuTime, ['-f', '%e %U %S %M', '-o', report, ...argv], {
      env: { PATH: process.env['PATH'], HOME: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 1 << 30,
    });
    const said = stderr.toString();
    if (status !== exitCode || (exitCode === 0 && said !== '')) {
      throw new Error(`${argv.join(' ')} ended in ${status}, not ${exitCode}: ${said}`);
    }
    // In front of the figures GNU time says how a command failed.
    const [wall = 0, user = 0, system = 0, kb = 0] =
      readFileSync(report, 'utf8').trimEnd().split('\n').at(-1)?.split(' ').map(Number) ?? [];
    return { ms: wall * 1000, cpuMs: (user + system) * 1000, peakMb: kb / 1024 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
