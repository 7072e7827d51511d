import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Command {
  readonly argv: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  /** The exit code it must end in: a benchmark of failures measures nothing. Default 0; undefined for any. */
  readonly exitCode?: number | undefined;
}

/**
 * Wall times of some commands that are run in turn, A B C A B C: a machine that changes its speed changes all of them.
 * @param rounds how often each is measured, after one run that is not.
 * @returns for each command its times in milliseconds, in the order of the rounds.
 */
export function inTurn(commands: readonly Command[], rounds: number): number[][] {
  for (const command of commands) run(command);
  const times = Array.from({ length: rounds }, () => commands.map(run));
  return commands.map((_, index) => times.map((round) => round[index] ?? Number.NaN));
}

/** Median of the ratios of each pair: what a quiet or a busy moment does to both cancels out. */
export function ratio(times: readonly number[], base: readonly number[]): number {
  return median(times.map((ms, index) => ms / (base[index] ?? Number.NaN)));
}

/**
 * Wall time in milliseconds.
 * @throws Error when the command does not end as it should.
 */
function run(command: Command): number {
  const { argv, env = {} } = command;
  const [program, ...rest] = argv;
  const started = process.hrtime.bigint();
  const { status, stderr } = spawnSync(program, rest, {
    // Nothing else is inherited: with NODE_EXTRA_CA_CERTS, say, Node reads a whole bundle at every start, also for `node -e 0`.
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 30,
  });
  const ms = Number(process.hrtime.bigint() - started) / 1e6;
  const expected = 'exitCode' in command ? command.exitCode : 0;
  if (expected !== undefined && status !== expected)
    throw new Error(`${argv.join(' ')} ended in ${status}, not ${expected}: ${stderr}`);
  return ms;
}

const gnuTime = '/usr/bin/time';

/** Largest resident memory of a command in megabytes; undefined on a machine without GNU time. */
export function peakMemory(command: Command): number | undefined {
  if (!existsSync(gnuTime)) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'sts-bench-'));
  try {
    const report = join(folder, 'peak');
    run({ ...command, argv: [gnuTime, '-f', '%M', '-o', report, ...command.argv] });
    return Number(readFileSync(report, 'utf8')) / 1024;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
