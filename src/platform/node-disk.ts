import type { Stats } from 'node:fs';
import { constants } from 'node:fs';
import { chmod, type FileHandle, link, lstat, mkdir, open, readdir, readFile, realpath, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemCode } from '../system.ts';
import { copyAcl } from './acl.ts';
import { type Disk, type FileFacts, NotRegularError, type OpenFile } from './disk.ts';

/** What the system says where it cannot bring a folder to the disk, and the file itself is in place all the same. */
const cannotSync = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EISDIR', 'EPERM', 'EACCES', 'EBADF']);

/** The disk of this machine. */
export const nodeDisk: Disk = {
  async facts(path) {
    try {
      return factsOf(await lstat(path));
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  },
  read,
  list: (folder) => readdir(folder),
  realpath: (path) => realpath(path),
  async create(path, mode) {
    const file = await open(path, 'wx', mode);
    try {
      // The mode of a new file is subject to the umask.
      await file.chmod(mode);
    } catch (error) {
      await file.close();
      await unlink(path);
      throw error;
    }
    return openFile(path, file);
  },
  rename: (from, to) => rename(from, to),
  link: (existing, path) => link(existing, path),
  async unlink(path) {
    try {
      await unlink(path);
      return true;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return false;
      throw error;
    }
  },
  async syncFolder(folder) {
    try {
      const handle = await open(folder, 'r');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (!cannotSync.has(systemCode(error) ?? '')) throw error;
    }
  },
  async makeFolder(path, mode) {
    await mkdir(path, { mode });
  },
  chmod: (path, mode) => chmod(path, mode),
  isMountPoint,
  isTrusted,
  async lock(path) {
    const { lockFile } = await import('./lock.ts');
    return lockFile(path);
  },
};

/** Only the owner of a file may rename or remove it in a folder with this bit. */
const sticky = 0o1000;

async function read(path: string, limit: number): Promise<{ text: string; facts: FileFacts }> {
  // A FIFO would keep the program waiting for a writer.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new NotRegularError(stats.isDirectory() ? 'folder' : 'other');
    const chunks: Buffer[] = [];
    let length = 0;
    for (;;) {
      const chunk = Buffer.alloc(Math.min(limit + 1 - length, 65_536));
      const { bytesRead } = await file.read(chunk, 0, chunk.length, length);
      if (bytesRead === 0) break;
      chunks.push(chunk.subarray(0, bytesRead));
      length += bytesRead;
      if (length > limit) throw new RangeError(`larger than ${limit} bytes`);
    }
    return { text: Buffer.concat(chunks).toString('utf8'), facts: factsOf(stats) };
  } finally {
    await file.close();
  }
}

function openFile(path: string, file: FileHandle): OpenFile {
  let closed = false;
  return {
    path,
    facts: async () => factsOf(await file.stat()),
    async overwrite(bytes) {
      // A write that takes only a part is no error to the system: the next one says why.
      for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at, bytes.length - at, at)).bytesWritten;
    },
    truncate: (length) => file.truncate(length),
    async copyAccess({ path: from, facts }) {
      const own = await file.stat();
      if (own.uid !== facts.uid || own.gid !== facts.gid) await file.chown(facts.uid, facts.gid);
      // After the owner: to change that takes away some bits.
      await file.chmod(facts.mode);
      await copyAcl(from, path);
    },
    chmod: (mode) => file.chmod(mode),
    sync: () => file.sync(),
    async close() {
      if (closed) return;
      closed = true;
      await file.close();
    },
  };
}

function factsOf(stats: Stats): FileFacts {
  return {
    kind: stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : stats.isSymbolicLink() ? 'link' : 'other',
    mode: stats.mode & 0o7777,
    uid: stats.uid,
    gid: stats.gid,
    size: stats.size,
    device: BigInt(stats.dev),
    inode: BigInt(stats.ino),
  };
}

async function isMountPoint(path: string): Promise<boolean> {
  const folder = dirname(path);
  const mounts = await readFile('/proc/self/mountinfo', 'utf8').catch(() => undefined);
  // Where Linux has its list it decides: layered file systems have devices of their own for files.
  if (mounts === undefined) return (await lstat(path)).dev !== (await lstat(folder)).dev;
  const real = join(await realpath(folder), basename(path));
  const pathOf = (point: string) =>
    point.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
  return mounts.split('\n').some((line) => pathOf(line.split(' ')[4] ?? '') === real);
}

/** The file, and its folder: who may write there can put another file in its place. */
async function isTrusted(path: string): Promise<boolean> {
  const uid = process.geteuid?.();
  // Windows has no such bits.
  if (uid === undefined) return true;
  const file = await lstat(path);
  if (file.uid !== uid || (file.mode & 0o022) !== 0) return false;
  const folder = await lstat(await realpath(dirname(path)));
  const isForeign = folder.uid !== uid && folder.uid !== 0;
  const isOpen = (folder.mode & 0o022) !== 0 && (folder.mode & sticky) === 0;
  return !isForeign && !isOpen;
}
