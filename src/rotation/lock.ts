import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { platform } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { DeliveryError } from '../errors.ts';
import { systemCode } from '../system.ts';

export interface Lock {
  release(): Promise<void>;
}

/** Takes the lock; undefined when another process has it. */
type Acquire = (folder: string, name: string) => Promise<Lock | undefined>;

/**
 * Makes this process the only one on this machine that writes a key file. The lock is a listening local socket: the system itself takes
 * it back when its holder dies, however it dies, so that a killed rotation never stands in the way of the next one. On systems that have
 * no such sockets it is a folder beside the key file, which stays in the way for ten seconds.
 *
 * On Linux it holds within one network namespace: containers that share a volume do not see each other.
 *
 * @param path absolute path of the key file; it need not exist.
 * @throws DeliveryError (exit 6) when another process holds it.
 */
export async function lockKeyFile(path: string, system: NodeJS.Platform = platform()): Promise<Lock> {
  // One file, one name, whatever path leads to its folder.
  const folder = await realpath(dirname(path)).catch(() => dirname(path));
  const lock = await acquireOn(system)(folder, basename(path)).catch((cause: unknown) => {
    throw new DeliveryError(
      `Whether another sts is writing ${path} cannot be told (${systemCode(cause) ?? 'unknown trouble'}). Nothing was done.`,
      {
        hints: ['Allow the program to listen on a local socket, and to make folders beside the key file.'],
        cause,
      },
    );
  });
  if (lock !== undefined) return lock;
  throw new DeliveryError(`Another sts is writing ${path}. Nothing was done.`, {
    hints: ['Run this one again when that has ended.'],
  });
}

function acquireOn(system: NodeJS.Platform): Acquire {
  if (system === 'win32') return (folder, name) => bySocket(`\\\\.\\pipe\\sts-rotation-${hashOf(folder, name)}`);
  const byFolder: Acquire = async (folder, name) => (await import('./lock-folder.ts')).byFolder(folder, name);
  if (system !== 'linux') return byFolder;
  // Abstract sockets are no files: there is nothing to leave behind. Some sandboxes that pass for Linux have none.
  return (folder, name) => bySocket(`\0sts-rotation-${hashOf(folder, name)}`).catch(() => byFolder(folder, name));
}

function hashOf(folder: string, name: string): string {
  return createHash('sha256').update(join(folder, name)).digest('hex').slice(0, 40);
}

async function bySocket(address: string): Promise<Lock | undefined> {
  const server = await listen(address);
  return server && { release: () => new Promise((done) => server.close(() => done())) };
}

/** The socket, or undefined when somebody else listens there. */
function listen(address: string): Promise<Server | undefined> {
  return new Promise((done, fail) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error) => (systemCode(error) === 'EADDRINUSE' ? done(undefined) : fail(error)));
    server.listen(address, () => {
      server.unref();
      done(server);
    });
  });
}
