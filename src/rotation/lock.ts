import { createHash } from 'node:crypto';
import { realpath, unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { platform, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { systemCode } from '../delivery/effects.ts';
import { DeliveryError } from '../errors.ts';

export interface Lock {
  release(): Promise<void>;
}

/**
 * Makes this process the only one on this machine that rotates a key file. The lock is a listening local socket: the system itself
 * takes it back when its holder dies, however it dies, so that a killed rotation never stands in the way of the next one.
 * @param path absolute path of the key file; it need not exist.
 * @throws DeliveryError (exit 6) when another process holds it.
 */
export async function lockKeyFile(path: string): Promise<Lock> {
  const server = await holdOf(await hashOf(path)).catch((cause: unknown) => {
    throw new DeliveryError(
      `Whether another rotation of ${path} is running cannot be told (${systemCode(cause) ?? 'unknown trouble'}). Nothing was done.`,
      {
        hints: ['Allow the program to listen on a local socket.'],
        cause,
      },
    );
  });
  if (server === undefined) {
    throw new DeliveryError(`Another rotation of ${path} is running. Nothing was done.`, {
      hints: ['Run this one again when that has ended.'],
    });
  }
  return { release: () => new Promise((done) => server.close(() => done())) };
}

/** One file, one name, whatever path leads to its folder. */
async function hashOf(path: string): Promise<string> {
  const folder = await realpath(dirname(path)).catch(() => dirname(path));
  return createHash('sha256')
    .update(join(folder, basename(path)))
    .digest('hex')
    .slice(0, 40);
}

/** The listening socket of a name; undefined when somebody else has it. */
async function holdOf(hash: string): Promise<Server | undefined> {
  if (platform() === 'win32') return listen(`\\\\.\\pipe\\sts-rotation-${hash}`);
  if (platform() === 'linux') {
    // Abstract sockets are no files: there is nothing to leave behind. Not every runtime has them.
    const held = await listen(`\0sts-rotation-${hash}`).catch(() => 'unsupported' as const);
    if (held !== 'unsupported') return held;
  }
  const address = join(tmpdir(), `sts-${hash}.sock`);
  const held = await listen(address);
  if (held !== undefined || (await answers(address))) return held;
  // A socket that is a file outlives its process; nobody answers there any more.
  await unlink(address).catch(() => undefined);
  return listen(address);
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

function answers(address: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(address);
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
}
