import { randomBytes } from 'node:crypto';
import { link, lstat, open, readdir, realpath, rename, unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { systemCode } from '../system.ts';
import type { Lock } from './disk.ts';

/** What file systems say that have no sockets or no hard links, or no room for a socket's address. */
const without = new Set(['ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'ENOSYS', 'EINVAL', 'ENAMETOOLONG']);
/** A file's name up to this length stands in the name of its lock, which is a part of the socket's address; in bytes. */
const longestName = 48;
/** How often a lock that changes hands is looked at again. */
const attempts = 20;

/**
 * Takes the lock of a file: a socket in its folder that this process listens on, under a name made from the file's. The system refuses
 * connections to it as soon as its process has ended, however it ended, so that a killed program never stands in the way. The socket is
 * known by its inode: it is the same lock whatever path leads to the folder, in every mount and network namespace of the machine.
 * @param path absolute path of the file; it need not exist.
 * @returns undefined when another process has it.
 * @throws the system's error when the folder cannot be written.
 */
export async function lockFile(path: string): Promise<Lock | undefined> {
  if (process.platform === 'win32') return byPipe(path);
  const folder = await realpath(dirname(path));
  const place = join(folder, `.${await nameOf(path)}.sts-lock`);
  // The folder's handle keeps the socket's address short: it may have some hundred bytes.
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

/** The name of a file, or a short one made from it. */
async function nameOf(path: string): Promise<string> {
  const name = basename(path);
  if (Buffer.byteLength(name) <= longestName) return name;
  const { createHash } = await import('node:crypto');
  return createHash('sha256').update(name).digest('hex').slice(0, 32);
}

/** Here no lock can be made of sockets. */
class NoSocketsError extends Error {}

/** Tells by a first step whether the file system has what is needed. */
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
  const server = await first(() => listen(address(ownName)));
  let held = false;
  try {
    const stats = await ownFacts(own);
    // Who has the lock swept the own socket away while it did not listen yet, and took it for a dead one.
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
        // From here on another file may have the inode, and another process the lock.
        released = true;
        if (await isOwn()) await unlink(place);
        await close(server);
      },
    };
  } catch (error) {
    // Who has the lock sweeps, and took the own socket for a dead one: it did not listen yet.
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  } finally {
    await unlink(own).catch(() => undefined);
    if (!held) await close(server);
  }
}

async function ownFacts(own: string): Promise<{ readonly ino: number; readonly dev: number } | undefined> {
  try {
    return await lstat(own);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Puts the own socket in the lock's place. @returns false when another process has the lock. */
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

/** Removes the sockets that killed processes left beside the lock. Only for who has the lock. */
async function sweepDead(place: string, ownName: string, alive: (name: string) => Promise<boolean>): Promise<void> {
  const prefix = `${basename(place)}-`;
  for (const name of await readdir(dirname(place)).catch((): string[] => [])) {
    if (!name.startsWith(prefix) || name === ownName || (await alive(name))) continue;
    await unlink(join(dirname(place), name)).catch(() => undefined);
  }
}

/** Replaces the socket of a process that has ended. Only one process at a time may: another could take the new one for the dead one. */
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
    // A full queue is that of a living process, which may be frozen.
    socket.once('error', (error) => end(!['ECONNREFUSED', 'ENOENT', 'ENOTSOCK'].includes(systemCode(error) ?? '')));
  });
}

function listen(address: string): Promise<Server> {
  return new Promise((done, fail) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', fail);
    // Any user may ask whether this process is alive; who may take the lock is told by the folder's permissions.
    server.listen({ path: address, backlog: 511, readableAll: true, writableAll: true }, () => {
      server.unref();
      done(server);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((done) => server.close(() => done()));
}

/** Windows takes a named pipe back when its process ends, and lets no second one have the name. */
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
