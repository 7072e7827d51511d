import { randomBytes } from 'node:crypto';
import { link, lstat, open, readdir, realpath, rename, unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { systemCode } from '../system.ts';
import type { Lock } from './disk.ts';

/** The error codes of file systems without sockets or hard links, and of addresses that are too long for a socket. */
const without = new Set(['ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'ENOSYS', 'EINVAL', 'ENAMETOOLONG']);
/**
 * A file name up to this length, in bytes, becomes part of the lock's name. The lock's name is part of the socket's address, whose length
 * is limited.
 */
const longestName = 48;
/** How often to try again when the lock keeps changing while it is examined. */
const attempts = 20;

/**
 * Takes the lock of a file. The lock is a socket in the file's folder that this process listens on; its name is made from the file's name.
 * The system refuses connections to the socket as soon as its process has ended, so a killed program never blocks others. A socket is
 * identified by its inode, so it is the same lock whatever path leads to the folder, in every mount and network namespace of the machine.
 * @param path absolute path of the file; it need not exist.
 * @returns undefined when another process holds it.
 * @throws the system's error when the folder cannot be written.
 */
export async function lockFile(path: string): Promise<Lock | undefined> {
  if (process.platform === 'win32') return byPipe(path);
  const folder = await realpath(dirname(path));
  const place = join(folder, `.${await nameOf(path)}.sts-lock`);
  // An address through the folder's handle is short. A socket's address may only have about a hundred bytes.
  const handle = await open(folder, 'r');
  try {
    return await bySocket(place, (name) => addressOf(handle.fd, folder, name));
  } catch (error) {
    if (!(error instanceof NoSocketsError)) throw error;
    const { lockByFolder } = await import('./lock-folder.ts');
    return await lockByFolder(place);
  } finally {
    await handle.close();
  }
}

/** The name of a file, or a digest of it if the name is too long. */
async function nameOf(path: string): Promise<string> {
  const name = basename(path);
  if (Buffer.byteLength(name) <= longestName) return name;
  const { createHash } = await import('node:crypto');
  return createHash('sha256').update(name).digest('hex').slice(0, 32);
}

/** The file system cannot hold a lock made of sockets. */
class NoSocketsError extends Error {}

/** Runs a first step, whose failure shows that the file system does not support sockets. */
async function first<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (cause) {
    throw without.has(systemCode(cause) ?? '') ? new NoSocketsError('no sockets', { cause }) : cause;
  }
}

function addressOf(descriptor: number, folder: string, name: string): string {
  return process.platform === 'linux' ? `/proc/self/fd/${descriptor}/${name}` : join(folder, name);
}

async function bySocket(place: string, address: (name: string) => string): Promise<Lock | undefined> {
  const ownName = `${basename(place)}-${randomBytes(6).toString('hex')}`;
  const own = join(dirname(place), ownName);
  const server = await first(() => listenUnlessSwept(place, address(ownName)));
  if (server === undefined) return undefined;
  let held = false;
  try {
    const stats = await factsOf(own);
    // Swept, as above.
    if (stats === undefined) return undefined;
    const { ino, dev } = stats;
    const isOwn = async () => {
      const now = await lstat(place).catch(() => undefined);
      return now?.ino === ino && now.dev === dev;
    };
    const alive = (name: string) => isAlive(address(name));
    held = (await first(() => linked(own, place))) || (await take(own, place, alive));
    if (!held) return undefined;
    await sweepDead(place, ownName, alive);
    let released = false;
    return {
      isHeld: async () => !released && isOwn(),
      async release() {
        if (released) return;
        // From here on another file may get the inode, and another process the lock.
        released = true;
        if (await isOwn()) await unlink(place);
        await close(server);
      },
    };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  } finally {
    await unlink(own).catch(() => undefined);
    if (!held) await close(server);
  }
}

/**
 * Listens on this process's socket. The holder of the lock may remove the socket as a dead one while this process does not listen on it yet.
 * Then Node cannot set the permissions of the socket, and the system says that there is no such file.
 * @returns undefined when that has happened.
 */
async function listenUnlessSwept(place: string, address: string): Promise<Server | undefined> {
  try {
    return await listen(address);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' && (await factsOf(dirname(place))) !== undefined) return undefined;
    throw error;
  }
}

async function factsOf(path: string): Promise<{ readonly ino: number; readonly dev: number } | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Links this process's socket to the lock's path. @returns false when another process holds the lock. */
async function take(own: string, place: string, alive: (name: string) => Promise<boolean>): Promise<boolean> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (await linked(own, place)) return true;
    const before = await lstat(place).catch(() => undefined);
    if (before === undefined) continue;
    if (await alive(basename(place))) return false;
    if (await replaceDead(own, place, before.ino, alive)) return true;
  }
  return false;
}

/** Removes the sockets that killed processes left beside the lock. The caller must hold the lock. */
async function sweepDead(place: string, ownName: string, alive: (name: string) => Promise<boolean>): Promise<void> {
  const prefix = `${basename(place)}-`;
  for (const name of await readdir(dirname(place)).catch((): string[] => [])) {
    if (!name.startsWith(prefix) || name === ownName || (await alive(name))) continue;
    await unlink(join(dirname(place), name)).catch(() => undefined);
  }
}

/**
 * Replaces the socket of a process that has ended. Only one process may do this at a time: a second one could remove the new socket instead
 * of the dead one.
 */
async function replaceDead(
  own: string,
  place: string,
  inode: number,
  alive: (name: string) => Promise<boolean>,
): Promise<boolean> {
  const guard = `${place}-guard`;
  if (!(await linked(own, guard))) {
    if (!(await alive(basename(guard)))) await unlink(guard).catch(() => undefined);
    return false;
  }
  try {
    const now = await lstat(place).catch(() => undefined);
    if (now?.ino !== inode || (await alive(basename(place)))) return false;
    const spare = `${own}-new`;
    await link(own, spare);
    await rename(spare, place);
    return true;
  } finally {
    await unlink(guard).catch(() => undefined);
  }
}

async function linked(own: string, place: string): Promise<boolean> {
  try {
    await link(own, place);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

function isAlive(address: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(address);
    const end = (alive: boolean) => {
      socket.destroy();
      done(alive);
    };
    socket.once('connect', () => end(true));
    // If the queue is full, the process is alive, but may be frozen.
    socket.once('error', (error) => end(!['ECONNREFUSED', 'ENOENT', 'ENOTSOCK'].includes(systemCode(error) ?? '')));
  });
}

function listen(address: string): Promise<Server> {
  return new Promise((done, fail) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', fail);
    // Any user may connect to find out that this process is alive. The permissions of the folder decide who may take the lock.
    server.listen({ path: address, backlog: 511, readableAll: true, writableAll: true }, () => {
      server.unref();
      done(server);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((done) => server.close(() => done()));
}

/** Uses a named pipe on Windows. Windows removes the pipe when its process ends, and allows only one pipe of a name. */
async function byPipe(path: string): Promise<Lock | undefined> {
  const { createHash } = await import('node:crypto');
  const folder = await realpath(dirname(path));
  const name = createHash('sha256')
    .update(join(folder, basename(path)).toLowerCase())
    .digest('hex')
    .slice(0, 40);
  const server = await listen(`\\\\.\\pipe\\sts-${name}`).catch((error: unknown) => {
    if (systemCode(error) === 'EADDRINUSE') return undefined;
    throw error;
  });
  return server && { isHeld: async () => true, release: () => close(server) };
}
