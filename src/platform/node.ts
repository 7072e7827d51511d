import { setMaxListeners } from 'node:events';
import { fstatSync, statSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { FileReadError, InterruptedError, type InterruptSignal } from '../errors.ts';
import { expandHome } from './home.ts';
import type { InputStream, OutputStream, World } from './world.ts';

/**
 * The world of a Node process. Streams, terminals and signals take time to load, so each is loaded when it is first used; printing help
 * needs none of them. Once `interrupt` was read, this program handles the signals itself.
 */
export function nodeWorld(): World {
  let interrupt: AbortSignal | undefined;
  // Node ignores SIGXFSZ, so that a write beyond the file size limit fails like any other. But the library that locks the config file ends
  // the process on this signal unless there is another listener.
  process.on('SIGXFSZ', () => {});
  const home = process.env['HOME'] ?? (process.platform === 'win32' ? process.env['USERPROFILE'] : undefined);
  const world: World = {
    env: process.env,
    home,
    resolvePath: (path) => resolvePath(expandHome(path, home)),
    stdin: inputStream(() => world.interrupt),
    stdout: outputStream(1, () => process.stdout),
    stderr: outputStream(2, () => process.stderr),
    now: () => Date.now(),
    monotonic: () => Number(process.hrtime.bigint()) / 1e6,
    disk: async () => (await import('./node-disk.ts')).nodeDisk,
    processes: async () => (await import('./node-processes.ts')).nodeProcesses,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      const { setTimeout: delay } = await import('node:timers/promises');
      await delay(ms, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
        throw signal?.aborted ? signal.reason : error;
      });
    },
    get interrupt() {
      interrupt ??= interruptOnSignals();
      return interrupt;
    },
  };
  return world;
}

function resolvePath(path: string): string {
  try {
    return resolve(path);
  } catch (cause) {
    throw new FileReadError(`The working folder no longer exists, so the relative path ${JSON.stringify(path)} cannot be used.`, {
      hints: ['Change to a folder that exists, or give an absolute path.'],
      cause,
    });
  }
}

/**
 * Ends the process. The caller has waited for every write. After a signal the process ends with that same signal, so that a shell sees the
 * cause.
 * @param code exit code, 0 to 255.
 */
export function endProcess(code: number): void {
  const signal = interruptSignals.find((name) => new InterruptedError(name).exitCode === code);
  // As process 1 of a container, this process would ignore its own signal.
  if (signal === undefined || process.pid === 1) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  setTimeout(() => process.exit(code), 100);
}

/** A closed terminal sends SIGHUP. It must not lose a key that is just being created. */
const interruptSignals: readonly InterruptSignal[] = ['SIGHUP', 'SIGINT', 'SIGTERM'];

function interruptOnSignals(): AbortSignal {
  const controller = new AbortController();
  // Eight renewals at a time listen, each in more than one place, and Node would warn of a leak.
  setMaxListeners(0, controller.signal);
  for (const signal of interruptSignals) {
    process.on(signal, () => {
      const error = new InterruptedError(signal);
      if (controller.signal.aborted) endProcess(error.exitCode);
      else controller.abort(error);
    });
  }
  return controller.signal;
}

// A pipe accepts this many bytes at once unless it is nearly full.
const smallText = 4096;

function outputStream(descriptor: 1 | 2, stream: () => NodeJS.WriteStream): OutputStream {
  let opened: NodeJS.WriteStream | undefined;
  const open = (): NodeJS.WriteStream => {
    if (opened === undefined) {
      opened = stream();
      // Each write reports its own failure. Without a listener Node would print a stack trace as well.
      opened.on('error', () => {});
    }
    return opened;
  };
  return {
    async write(text) {
      const rest = opened === undefined && text.length <= smallText ? writeAtOnce(descriptor, Buffer.from(text)) : text;
      if (rest.length === 0) return;
      await new Promise<void>((done, fail) => {
        open().write(rest, (error) => (error ? fail(error) : done()));
      });
    },
    get isTTY() {
      return isTerminal(descriptor);
    },
    get columns() {
      return isTerminal(descriptor) ? open().columns || undefined : undefined;
    },
    get rows() {
      return isTerminal(descriptor) ? open().rows || undefined : undefined;
    },
    get state() {
      return descriptorState(descriptor);
    },
  };
}

/** Writes without Node's streams, which take longer to load than the rest of a short run. @returns the bytes that were not written. */
function writeAtOnce(descriptor: number, bytes: Buffer): Buffer {
  let rest = bytes;
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(descriptor, rest));
  } catch (error) {
    // The pipe is full for now. The stream waits until there is room.
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  }
  return rest;
}

function isTerminal(descriptor: number): boolean {
  try {
    // This check loads nothing. Only a character device can be a terminal.
    if (!fstatSync(descriptor).isCharacterDevice()) return false;
  } catch {
    return false;
  }
  return process.getBuiltinModule('node:tty').isatty(descriptor);
}

/** If a descriptor is closed at the start, Node opens the null device in its place. Every write to that succeeds and is lost. */
function descriptorState(descriptor: number): OutputStream['state'] {
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isCharacterDevice()) return 'open';
    return stat.rdev === statSync('/dev/null').rdev ? 'null-device' : 'open';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EBADF' ? 'closed' : 'open';
  }
}

function inputStream(interrupt: () => AbortSignal): InputStream {
  return {
    get isTTY() {
      return isTerminal(0);
    },
    async readAll(limit) {
      const chunks: Buffer[] = [];
      let size = 0;
      for await (const chunk of process.stdin) {
        const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
        size += bytes.length;
        if (size > limit) throw new RangeError(`more than ${limit} bytes on stdin`);
        chunks.push(bytes);
      }
      return Buffer.concat(chunks).toString('utf8');
    },
    async ask(question, options = {}) {
      const signal = interrupt();
      signal.throwIfAborted();
      const [{ createInterface }, { Writable }] = await Promise.all([import('node:readline/promises'), import('node:stream')]);
      // With a terminal, readline echoes the input itself. A hidden input goes to an output that discards it.
      const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
      const lines = createInterface({ input: process.stdin, output: options.hidden ? silent : process.stderr, terminal: true });
      // The question is shown only now, after the terminal's own echo was switched off. The user may answer at once.
      if (options.hidden) process.stderr.write(question);
      lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
      const gone = new AbortController();
      lines.once('close', () => gone.abort());
      try {
        return await lines.question(options.hidden ? '' : question, { signal: AbortSignal.any([signal, gone.signal]) });
      } catch (error) {
        if (gone.signal.aborted && !signal.aborted) return '';
        throw signal.aborted ? signal.reason : error;
      } finally {
        lines.close();
        if (options.hidden) process.stderr.write('\n');
      }
    },
  };
}
