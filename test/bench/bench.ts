// `npm run bench`: how long the program takes, by Node and as an executable, beside `node -e 0` and any other `sts`.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { serveFleet } from './fleet.ts';
import { type Command, inTurn, median, peakMemory, ratio } from './measure.ts';
import { planTable } from './plan.ts';
import { type Row, rowsOf } from './rows.ts';
import { type BenchCounts, type BenchServers, serve } from './server.ts';

const usage = `npm run bench -- [--pairs N] [--vs PATH] [--only TEXT]
  --pairs N     paired runs of each row, default 21; the large lists take a third of it, the plans a seventh
  --vs PATH     measure another sts as well, and give the ratios to it
  --only TEXT   only the rows with this text in their name`;

interface Program {
  readonly name: string;
  readonly words: readonly [string, ...string[]];
  /** Not ours: its exit codes are not checked, and it knows no STS_CA_CERT_PATH. */
  readonly foreign?: boolean;
}

async function bench(): Promise<void> {
  const { values } = parseArgs({
    options: { pairs: { type: 'string' }, vs: { type: 'string' }, only: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const pairs = Number(values.pairs ?? 21);
  if (!Number.isInteger(pairs) || pairs < 1) throw new Error(`--pairs takes a number from 1 on.\n${usage}`);
  const worker = new Worker(new URL(import.meta.url));
  const next = <T>() => new Promise<T>((done) => worker.once('message', done));
  const servers = await next<BenchServers>();
  const home = mkdtempSync(join(tmpdir(), 'sts-bench-'));
  const ca = join(home, 'ca.pem');
  writeFileSync(ca, servers.caPem);
  const counts = () => {
    const seen = next<BenchCounts>();
    worker.postMessage('counts');
    return seen;
  };
  const programs = programsToMeasure(values.vs);
  console.log(`Node ${process.version}, medians of ${pairs} rounds (${third(pairs)} for the long lists)\n`);
  const others = programs.flatMap(({ name }) => [name, '/ node -e 0', ...(values.vs === undefined ? [] : ['/ --vs']), 'peak MB']);
  const table = [['', 'node -e 0', ...others, 'requests', 'TLS handshakes', 'round trips']];
  try {
    for (const row of rowsOf(servers, ca).filter(({ name }) => name.includes(values.only ?? ''))) {
      table.push([row.name, ...measured(row, programs, home, pairs), ...(await traffic(row, programs[0], home, counts))]);
      process.stderr.write('.');
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
    await worker.terminate();
  }
  const only = values.only ?? '';
  const rounds = Math.max(1, Math.round(pairs / 7));
  const ours = programs.filter(({ foreign }) => !foreign);
  const plans = await planTable(ours, { only, rounds, worker: new URL(import.meta.url) });
  process.stderr.write('\n');
  if (table.length > 1) show(table);
  if (plans.length > 0) show(plans);
}

function show(table: readonly (readonly string[])[]): void {
  const widths = table[0]?.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0))) ?? [];
  for (const line of table) console.log(`| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  console.log('');
}

function programsToMeasure(other: string | undefined): Program[] {
  const build: Program = { name: 'Node build', words: [process.execPath, resolve('bin/sts.js')] };
  const executable = resolve('executable', `${process.platform}-${process.arch}`, 'sts');
  return [
    build,
    ...(existsSync(executable) ? [{ name: 'executable', words: [executable] } satisfies Program] : []),
    ...(other === undefined ? [] : [{ name: other, words: [resolve(other)], foreign: true } satisfies Program]),
  ];
}

function third(pairs: number): number {
  return Math.max(1, Math.round(pairs / 3));
}

function commandOf(row: Row, { words, foreign }: Program, home: string): Command {
  const ca = row.env?.['STS_CA_CERT_PATH'];
  return {
    argv: [...words, ...row.arguments],
    env: { HOME: home, ...row.env, ...(foreign && ca !== undefined ? { SSL_CERT_FILE: ca } : {}) },
    exitCode: foreign ? undefined : (row.exitCode ?? 0),
  };
}

/** The cells of a row: the milliseconds of `node -e 0`, then of each program its milliseconds, ratios and memory. */
function measured(row: Row, programs: readonly Program[], home: string, pairs: number): string[] {
  const node: Command = { argv: [process.execPath, '-e', '0'] };
  const commands = programs.map((program) => commandOf(row, program, home));
  const [base = [], ...times] = inTurn([node, ...commands], row.long ? third(pairs) : pairs);
  const other = programs.findIndex(({ foreign }) => foreign);
  const cells = commands.flatMap((command, index) => {
    const own = times[index] ?? [];
    const peak = row.long ? peakMemory(command) : undefined;
    return [
      `${median(own).toFixed(0)} ms`,
      ratio(own, base).toFixed(2),
      ...(other < 0 ? [] : [ratio(own, times[other] ?? []).toFixed(2)]),
      peak?.toFixed(0) ?? '',
    ];
  });
  return [`${median(base).toFixed(0)} ms`, ...cells];
}

/** What one run of a program costs the server: requests, TLS handshakes, round trips on the slow line. */
async function traffic(
  row: Row,
  program: Program | undefined,
  home: string,
  counts: () => Promise<BenchCounts>,
): Promise<string[]> {
  if (program === undefined) return [];
  await counts();
  inTurn([commandOf(row, program, home)], 0);
  const { requests, handshakes, roundTrips } = await counts();
  return [requests, handshakes, roundTrips].map((count) => (count === 0 ? '' : String(count)));
}

await (isMainThread ? bench() : workerData === 'fleet' ? serveFleet() : serve());
