// Loading `fs.promises` takes longer than reading a config file. So it is used only by functions that change something.
import fs, { type Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemCode } from '../system.ts';
import { type Disk, type FileContent, type FileFacts, NotRegularError, type OpenFile } from './disk.ts';

/** The error codes of systems that cannot sync a folder. The file itself is in place all the same. */
const cannotSync = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EISDIR', 'EPERM', 'EACCES', 'EBADF']);

/** The disk of this machine. */
export const nodeDisk: Disk = {
  async facts(path) {
    try {
      return factsOf(await fs.promises.lstat(path));
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  },
  read,
  readInput,
  list: (folder) => fs.promises.readdir(folder),
  readLink: (path) => fs.promises.readlink(path),
  realpath: (path) => fs.promises.realpath(path),
  async create(path, mode) {
    const file = await fs.promises.open(path, 'wx', mode);
    try {
      // The mode of a new file is subject to the umask.
      await file.chmod(mode);
    } catch (error) {
      await file.close();
      await fs.promises.unlink(path);
      throw error;
    }
    return openFile(path, file);
  },
  rename: (from, to) => fs.promises.rename(from, to),
  link: (existing, path) => fs.promises.link(existing, path),
  async unlink(path) {
    try {
      await fs.promises.unlink(path);
      return true;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return false;
      throw error;
    }
  },
  async syncFolder(folder) {
    try {
      const handle = await fs.promises.open(folder, 'r');
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
    await fs.promises.mkdir(path, { mode });
  },
  chmod: (path, mode) => fs.promises.chmod(path, mode),
  isMountPoint,
  isTrusted,
  async lock(path) {
    const { lockFile } = await import('./lock.ts');
    return lockFile(path);
  },
};

const chunkLength = 65_536;

/** Only the owner of a file may rename or remove it in a folder with this bit. */
const sticky = 0o1000;

/** Reads synchronously, because a small local file is read faster than `fs.promises` is loaded. */
async function read(path: string, limit: number): Promise<FileContent> {
  // Without O_NONBLOCK a FIFO would make the program wait for a writer.
  const file = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  try {
    const stats = fs.fstatSync(file);
    if (!stats.isFile()) throw new NotRegularError(stats.isDirectory() ? 'folder' : 'other');
    const chunks: Buffer[] = [];
    let length = 0;
    for (;;) {
      const chunk = Buffer.alloc(Math.min(limit + 1 - length, chunkLength));
      const taken = fs.readSync(file, chunk, 0, chunk.length, length);
      if (taken === 0) break;
      chunks.push(chunk.subarray(0, taken));
      length += taken;
      if (length > limit) throw new RangeError(`larger than ${limit} bytes`);
    }
    const bytes = Buffer.concat(chunks);
    return { text: bytes.toString('utf8'), bytes, facts: factsOf(stats) };
  } finally {
    fs.closeSync(file);
  }
}

async function readInput(path: string, limit: number): Promise<string> {
  const file = await fs.promises.open(path, 'r');
  try {
    const chunks: Buffer[] = [];
    let length = 0;
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(chunkLength), 0, chunkLength, null);
      if (bytesRead === 0) break;
      chunks.push(buffer.subarray(0, bytesRead));
      length += bytesRead;
      if (length > limit) throw new RangeError(`larger than ${limit} bytes`);
    }
    return Buffer.concat(chunks).toString('utf8');
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
      // The system may write only a part without an error. The next write then reports why.
      for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at, bytes.length - at, at)).bytesWritten;
    },
    truncate: (length) => file.truncate(length),
    async copyAccess({ path: from, facts }) {
      const own = await file.stat();
      if (own.uid !== facts.uid || own.gid !== facts.gid) await file.chown(facts.uid, facts.gid);
      // The mode is set after the owner, because changing the owner clears some bits.
      await file.chmod(facts.mode);
      const { copyAcl } = await import('./acl.ts');
      await copyAcl(from, path);
    },
    chown: (uid, gid) => file.chown(uid, gid),
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
    // Windows has no group and no others. Node reports the bits of the owner for them.
    mode: stats.mode & (process.platform === 'win32' ? 0o700 : 0o7777),
    uid: stats.uid,
    gid: stats.gid,
    size: stats.size,
    device: BigInt(stats.dev),
    inode: BigInt(stats.ino),
  };
}

async function isMountPoint(path: string): Promise<boolean> {
  const folder = dirname(path);
  const mounts = await fs.promises.readFile('/proc/self/mountinfo', 'utf8').catch(() => undefined);
  // The device number is compared only without Linux's list of mounts: on layered file systems, files may have another device number than
  // their folder.
  if (mounts === undefined) return (await fs.promises.lstat(path)).dev !== (await fs.promises.lstat(folder)).dev;
  const real = join(await fs.promises.realpath(folder), basename(path));
  const pathOf = (point: string) =>
    point.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
  return mounts.split('\n').some((line) => pathOf(line.split(' ')[4] ?? '') === real);
}

/** Checks the file and its folder: whoever may write to the folder can replace the file. */
async function isTrusted(path: string): Promise<boolean> {
  const uid = process.geteuid?.();
  // Windows has no such permission bits.
  if (uid === undefined) return true;
  const file = await fs.promises.lstat(path);
  if (file.uid !== uid || (file.mode & 0o022) !== 0) return false;
  const folder = await fs.promises.lstat(await fs.promises.realpath(dirname(path)));
  const isForeign = folder.uid !== uid && folder.uid !== 0;
  const isOpen = (folder.mode & 0o022) !== 0 && (folder.mode & sticky) === 0;
  return !isForeign && !isOpen;
}
