import type { Stats } from 'node:fs';
import { type FileHandle, link, lstat, open, readFile, realpath, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { IssuedIngestionApiKey } from '../api/model.ts';
import { DeliveryError } from '../errors.ts';
import { systemCode } from '../system.ts';
import type { Destination } from './destination.ts';
import { overwrite, removeIfThere, syncFolder, temporarySibling } from './durable.ts';
import { effect, type StepHook } from './effects.ts';

/** Space taken while the disk is proven: more than any key document needs, so the write itself cannot run out of it. */
const RESERVED_BYTES = 8192;

export interface KeyFileOptions {
  /** Absolute path of the key file. */
  readonly path: string;
  /** May replace an existing file. */
  readonly force: boolean;
  /** The document for a key. */
  readonly render: (issued: IssuedIngestionApiKey) => string;
  /** Told each file operation. */
  readonly step?: StepHook;
  /** Who the temporary file belongs to, part of its name. */
  readonly label?: string;
}

export interface KeyFileDestination extends Destination {
  /** As deliver(), with the document itself. */
  deliverDocument(document: string): Promise<void>;
}

/** A file, mode 0600, as the key's destination: it appears whole or not at all. */
export function keyFileDestination(options: KeyFileOptions): KeyFileDestination {
  return new KeyFile(options);
}

class KeyFile implements KeyFileDestination {
  readonly description: string;
  readonly #options: KeyFileOptions;
  #temporary: { readonly path: string; readonly file: FileHandle } | undefined;

  constructor(options: KeyFileOptions) {
    this.#options = options;
    this.description = `the key file ${options.path}`;
  }

  async prove(): Promise<void> {
    const { path, label = 'create', step } = this.#options;
    await this.#checkTarget();
    const temporaryPath = temporarySibling(path, label);
    try {
      const file = await effect(step, 'create temporary key file', () => open(temporaryPath, 'wx', 0o600));
      this.#temporary = { path: temporaryPath, file };
      await effect(step, 'reserve space for the key file', async () => {
        // An open file's mode is subject to the umask when made; 0600 is promised whatever it is.
        await file.chmod(0o600);
        await overwrite(file, Buffer.alloc(RESERVED_BYTES, '\n'));
        await file.sync();
      });
    } catch (error) {
      await this.abandon();
      throw fileError(path, 'cannot be written', error);
    }
  }

  async deliver(issued: IssuedIngestionApiKey): Promise<void> {
    await this.deliverDocument(this.#options.render(issued));
  }

  async deliverDocument(document: string): Promise<void> {
    const { path, step } = this.#options;
    if (this.#temporary === undefined) throw new Error('deliver() without prove()');
    const { path: temporaryPath, file } = this.#temporary;
    try {
      const bytes = Buffer.from(document, 'utf8');
      await effect(step, 'write key file', async () => {
        // Written over the reserved space, which is given back only then.
        await overwrite(file, bytes);
        await file.truncate(bytes.length);
      });
      await effect(step, 'sync key file', () => file.sync());
      // Looked at again: a symlink or folder may have come since it was proven.
      const former = await this.#checkTarget();
      // Who could read the file before it was replaced by another user, root as a rule, can read it afterwards.
      if (former !== undefined) await file.chown(former.uid, former.gid).catch(() => undefined);
      await file.close();
      await this.#place(temporaryPath);
    } catch (error) {
      await this.abandon();
      if (error instanceof DeliveryError) throw error;
      throw fileError(path, 'could not be written', error);
    }
    this.#temporary = undefined;
    await effect(step, 'sync folder of key file', () => syncFolder(path));
  }

  async abandon(): Promise<void> {
    const temporary = this.#temporary;
    if (temporary === undefined) return;
    this.#temporary = undefined;
    try {
      await temporary.file.close();
      await effect(this.#options.step, 'remove temporary key file', () => removeIfThere(temporary.path));
    } catch {
      // It holds no key that lives, and the folder may be read-only by now.
    }
  }

  async #place(temporaryPath: string): Promise<void> {
    const { path, force, step } = this.#options;
    if (force) {
      await effect(step, 'rename key file', () => rename(temporaryPath, path));
      return;
    }
    try {
      // A link, unlike a rename, does not replace a file that appeared meanwhile.
      await effect(step, 'link key file', () => link(temporaryPath, path));
    } catch (error) {
      const code = systemCode(error);
      if (code === 'EEXIST') throw alreadyThere(path);
      if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw error;
      // A file system without hard links: nothing stood there a moment ago.
      await effect(step, 'rename key file', () => rename(temporaryPath, path));
      return;
    }
    await effect(step, 'remove temporary key file', () => removeIfThere(temporaryPath)).catch(() => undefined);
  }

  /** @returns the file that is there and may be replaced. */
  async #checkTarget(): Promise<Stats | undefined> {
    const { path, force } = this.#options;
    const stats = await lstat(path).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw fileError(path, 'cannot be written', error);
    });
    if (stats === undefined) return undefined;
    if (!stats.isFile()) {
      const kind = stats.isSymbolicLink() ? 'a symbolic link' : stats.isDirectory() ? 'a folder' : 'no regular file';
      throw new DeliveryError(`The key file ${path} is ${kind}; only a regular file is written.`, {
        hints: ['Name a path that is absent or a regular file: --key-file PATH'],
      });
    }
    if (!force) throw alreadyThere(path);
    if (await isMountPoint(path, stats)) {
      throw new DeliveryError(`The key file ${path} is mounted by itself, so it cannot be replaced by another file.`, {
        hints: ['Mount its folder instead, and name a file in it: --key-file PATH'],
      });
    }
    return stats;
  }
}

/** Whether a file is mounted by itself, as containers do with single files: it cannot be replaced then. */
async function isMountPoint(path: string, stats: Stats): Promise<boolean> {
  const folder = dirname(path);
  const mounts = await readFile('/proc/self/mountinfo', 'utf8').catch(() => undefined);
  // Where Linux has its list it decides: layered file systems have devices of their own for files.
  if (mounts === undefined) return stats.dev !== (await lstat(folder)).dev;
  const real = join(await realpath(folder), basename(path));
  const mountPoints = mounts.split('\n').map((line) => line.split(' ')[4] ?? '');
  return mountPoints.some(
    (point) => point.replace(/\\(\d{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8))) === real,
  );
}

function alreadyThere(path: string): DeliveryError {
  return new DeliveryError(`The key file ${path} exists already and was left as it is.`, {
    hints: ['Replace it with --force, or name another file: --key-file PATH'],
  });
}

const REASONS: Readonly<Record<string, { reason: string; hint: string }>> = {
  ENOSPC: { reason: 'the disk is full', hint: 'Free some space there, or name a file on another disk: --key-file PATH' },
  EDQUOT: { reason: 'the disk quota is used up', hint: 'Free some space there, or name a file on another disk: --key-file PATH' },
  EACCES: { reason: 'permission denied', hint: 'Allow writing to the folder, or name a file elsewhere: --key-file PATH' },
  EPERM: { reason: 'operation not permitted', hint: 'Allow writing to the folder, or name a file elsewhere: --key-file PATH' },
  EFBIG: {
    reason: 'it would be larger than files may be here',
    hint: 'Raise the limit (ulimit -f), or name a file on another disk: --key-file PATH',
  },
  EROFS: { reason: 'the file system is read-only', hint: 'Name a file elsewhere: --key-file PATH' },
  ENOENT: { reason: 'its folder does not exist', hint: 'Create the folder first' },
  ENOTDIR: { reason: 'a part of its path is no folder', hint: 'Name another file: --key-file PATH' },
  ENAMETOOLONG: { reason: 'its name is too long', hint: 'Name another file: --key-file PATH' },
};

function fileError(path: string, what: string, cause: unknown): DeliveryError {
  const code = systemCode(cause);
  const known = code === undefined ? undefined : REASONS[code];
  const hint = code === 'ENOENT' ? `Create the folder first: mkdir -p ${dirname(path)}` : known?.hint;
  return new DeliveryError(`The key file ${path} ${what}: ${known?.reason ?? code ?? 'unknown trouble'}.`, {
    hints: [hint ?? 'Name another file: --key-file PATH'],
    cause,
  });
}
