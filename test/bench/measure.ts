import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Command {
  readonly argv: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  /** The exit code it must end in; a benchmark of failures measures nothing. Default 0. */
  readonly exitCode?: number;
}

/**
 * What of the environment reaches both commands. Node itself reads the extra authorities at every start, also for `node -e 0`: with the
 * system's whole bundle that takes longer than all else.
 */
export const inherited: Readonly<Record<string, string | undefined>> = {
  PATH: process.env['PATH'],
  NODE_EXTRA_CA_CERTS: process.env['NODE_EXTRA_CA_CERTS'],
};

export interface Pairs {
  /** Median wall time of each, in milliseconds. */
  readonly baseMs: number;
  readonly ms: number;
  /** Median of the ratios of each pair. */
  readonly ratio: number;
}

/** Runs two commands in turn, A B A B: a machine that changes its speed changes both. */
export function pair(base: Command, command: Command, pairs: number): Pairs {
  run(base);
  run(command);
  const runs = Array.from({ length: pairs }, () => ({ base: run(base), own: run(command) }));
  return {
    baseMs: median(runs.map(({ base: ms }) => ms)),
    ms: median(runs.map(({ own }) => own)),
    ratio: median(runs.map(({ base: ms, own }) => own / ms)),
  };
}

/**
 * Wall time in milliseconds.
 * @throws Error when the command does not end as it should.
 */
export function run({ argv: [program, ...rest], env = {}, exitCode = 0 }: Command): number {
  const started = process.hrtime.bigint();
  const { status, stderr } = spawnSync(program, rest, {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 30,
  });
  const ms = Number(process.hrtime.bigint() - started) / 1e6;
  if (status !== exitCode) throw new Error(`${[program, ...rest].join(' ')} ended in ${status}, not ${exitCode}: ${stderr}`);
  return ms;
}

/** Largest resident memory of a Node program in megabytes, as it reports itself at its end. */
export function peakMemory(command: Command): number {
  const folder = mkdtempSync(join(tmpdir(), 'sts-bench-'));
  try {
    const [report, hook] = [join(folder, 'peak'), join(folder, 'hook.cjs')];
    const write = `require('node:fs').writeFileSync(${JSON.stringify(report)}, String(process.resourceUsage().maxRSS))`;
    writeFileSync(hook, `process.on('exit', () => ${write});`);
    run({ ...command, env: { ...command.env, NODE_OPTIONS: `--require ${hook}` } });
    return Number(readFileSync(report, 'utf8')) / 1024;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
