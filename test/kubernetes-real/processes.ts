import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { listen } from '../stackstate/listen.ts';

/** The servers of one control plane, each with a log of its own in one folder. They end when this process does, even if it is killed. */
export class Processes {
  readonly #folder: string;
  readonly #binary: string;
  readonly #children = new Map<string, ChildProcess>();

  constructor(folder: string, binary: string) {
    this.#folder = folder;
    this.#binary = binary;
  }

  start(name: 'etcd' | 'kube-apiserver' | 'kube-controller-manager', flags: Readonly<Record<string, string>>): void {
    const log = openSync(this.#logOf(name), 'a');
    const words = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
    // Its stdin is a pipe of ours: nobody writes to it, and it ends when we do.
    const env = { PATH: process.env['PATH'], HOME: this.#folder, KUBERNETES_FOR_TESTS_STDIN: 'watch' };
    const child = spawn(this.#binary, [name, ...words], { cwd: this.#folder, env, stdio: ['pipe', log, log] });
    closeSync(log);
    this.#children.set(name, child);
  }

  /** @throws Error with the end of the log when one of the servers has ended. */
  expectAlive(): void {
    for (const [name, { exitCode, signalCode }] of this.#children) {
      if (exitCode === null && signalCode === null) continue;
      throw new Error(`${name} ended (${exitCode ?? signalCode}):\n${readFileSync(this.#logOf(name), 'utf8').slice(-3000)}`);
    }
  }

  async stop(): Promise<void> {
    const ended = [...this.#children.values()]
      .filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
      .map((child) => new Promise((done) => child.once('exit', done)));
    for (const child of this.#children.values()) child.kill('SIGKILL');
    await Promise.all(ended);
  }

  #logOf(name: string): string {
    return join(this.#folder, `${name}.log`);
  }
}

/** Ports of 127.0.0.1 that nobody listens on just now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(servers.map((server) => listen(server, 0)));
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
