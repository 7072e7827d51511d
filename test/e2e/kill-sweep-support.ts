import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { expect } from 'vitest';
import { type VerbKind, verbKinds } from '../commands/kinds.ts';
import { type StackState, tokens } from '../stackstate/server.ts';
import { wordsOf } from '../support/built.ts';

const [keys] = verbKinds;

/** How many programs run at once. */
const lanes = 4;

/** Bundles the program whose disk kills it at a step. @returns its path, inside `folder`. */
export async function buildKiller(folder: string): Promise<string> {
  const file = join(folder, 'killer.cjs');
  await build({
    input: fileURLToPath(new URL('./kill-sweep-entry.ts', import.meta.url)),
    platform: 'node',
    output: { file, format: 'cjs', codeSplitting: false },
    logLevel: 'silent',
  });
  return file;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

export interface Running {
  readonly ended: Promise<Ended>;
  kill(): void;
}

/** Starts a program of ours; nothing of the environment but PATH reaches it. @param words what starts it. */
export function start([command = '', ...words]: readonly string[], args: readonly string[], home: string): Running {
  const child = spawn(command, [...words, ...args], {
    env: { PATH: process.env['PATH'], HOME: home },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const errors: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  return {
    kill: () => void child.kill('SIGKILL'),
    ended: new Promise((done, fail) => {
      child.once('error', fail);
      child.once('close', (code, signal) => done({ code, signal, stderr: Buffer.concat(errors).toString('utf8') }));
    }),
  };
}

const open = new Set<Case>();

/** To be called at every stage of every request: at no moment may a key file hold a key that is refused. */
export function watch(): void {
  for (const one of open) one.look();
}

/** One key or token, one file, and what must hold for them whatever happens. */
export class Case {
  readonly #refused: string[] = [];
  readonly folder: string;
  readonly home: string;
  readonly path: string;

  constructor(
    readonly stackState: StackState,
    readonly name: string,
    readonly kind: VerbKind = keys,
  ) {
    this.folder = mkdtempSync(join(tmpdir(), 'sts-sweep-'));
    this.home = mkdtempSync(join(tmpdir(), 'sts-sweep-home-'));
    this.path = join(this.folder, 'ingestion.key');
    const old = kind.seed(stackState, { name, lastUpdateTimestamp: BigInt(Date.now() - 86_400_000) });
    writeFileSync(this.path, `${old.secret}\n`, { mode: 0o600 });
    open.add(this);
  }

  look(): void {
    const held = this.held();
    if (!this.kind.isLive(this.stackState, held)) this.#refused.push(held);
  }

  get flags(): string[] {
    // Without the time that a file's readers are left by default.
    return ['--name', this.name, '--key-file', this.path, '--delete-old', '--after', '0s'];
  }

  /** `rotate` of the built program. */
  rotate(...more: readonly string[]): Running {
    const target = ['--url', this.stackState.url, '--service-token', tokens.service];
    // The recovery waits for a creation as long as its request was given: a sweep cannot wait half a minute at each point.
    const timeout = more.includes('--timeout') ? [] : ['--timeout', '2s'];
    return start(wordsOf(), [this.kind.noun, 'rotate', ...this.flags, ...more, ...timeout, ...target], this.home);
  }

  /** The same by the program whose disk kills it at a step; 0 for never. */
  rotateUntil(killer: string, fatal: number, log = ''): Running {
    const target = ['--url', this.stackState.url, '--service-token', tokens.service, '--timeout', '2s'];
    return start(
      wordsOf({ program: killer }),
      [String(fatal), log, this.kind.noun, 'rotate', ...this.flags, ...target],
      this.home,
    );
  }

  held(): string {
    return readFileSync(this.path, 'utf8').trimEnd();
  }

  /** The key in the file works. */
  expectUsable(where: string): void {
    expect(this.kind.isLive(this.stackState, this.held()), `${where}: the key in the file is accepted`).toBe(true);
  }

  /** Rotates once more, and nothing is left of what went before. */
  async expectHealed(where: string): Promise<void> {
    this.expectUsable(where);
    const next = await this.rotate().ended;
    expect(next, `${where}: the next rotation: ${next.stderr}`).toMatchObject({ code: 0 });
    expect(this.#refused, `${where}: a key stood in the file and was refused`).toEqual([]);
    const living = this.kind.rows(this.stackState).filter(({ name }) => name === this.name);
    const live = living.map(({ secret }) => secret);
    expect(live, `${where}: one key lives, and the file holds it`).toEqual([this.held()]);
    expect(readdirSync(this.folder), `${where}: nothing is left beside the file`).toEqual(['ingestion.key']);
  }

  close(): void {
    open.delete(this);
    for (const folder of [this.folder, this.home]) rmSync(folder, { recursive: true, force: true });
  }
}

/** Works through a list, some at a time. */
export async function sweep<T>(points: readonly T[], work: (point: T, index: number) => Promise<void>): Promise<void> {
  const rest = points.entries();
  const lane = async () => {
    for (const [index, point] of rest) await work(point, index);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
