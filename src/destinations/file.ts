import { dirname } from 'node:path';
import type { Destination, Issued, Journal } from '../credentials/ports.ts';
import type { JournalRecord } from '../credentials/record.ts';
import { DeliveryError, DeliveryUnknownError, FileReadError, JournalLostError, StsError } from '../errors.ts';
import type { Disk, FileFacts, Lock, OpenFile } from '../platform/disk.ts';
import { sweepSiblings, temporarySibling } from '../platform/durable.ts';
import { shellWord } from '../shell-word.ts';
import { systemCode } from '../system.ts';
import type { FileDocument } from './file-document.ts';
import { fileError, leftBehind, notKept, openFolder, systemReason } from './file-error.ts';
import { FileJournal, journalLabel, pendingPath } from './file-journal.ts';
import { appeared, checkTarget, hasSameAccess, isSameFile } from './file-target.ts';
import { undelivered } from './undelivered.ts';

/** Part of the names of the key file's temporary files. */
const keyLabel = 'key';
/** Bytes to reserve while the disk is proven. Most documents need less, so that the write itself does not run out of space. */
const reservedBytes = 8192;
/** How long a program that re-reads the file needs to notice a change, in milliseconds. */
const readersNeedMs = 10_000;

export interface KeyFileOptions {
  readonly disk: Disk;
  /** Absolute path. */
  readonly path: string;
  /** Whether an existing file may be written. */
  readonly mayReplace: boolean;
  /** Mode of a new file, and the one that an existing file may have without a warning. */
  readonly mode: number;
  readonly document: FileDocument;
  /** Takes one sentence for the user. */
  readonly warn: (sentence: string) => Promise<void>;
}

/** A key file. It appears whole or not at all. An existing file keeps its owner, its mode and everything but the key. */
export class KeyFile implements Destination {
  readonly description: string;
  readonly flags: string;
  readonly journal: Journal;
  readonly readersNeedMs = readersNeedMs;
  readonly #options: KeyFileOptions;
  #lock: Lock | undefined;
  #temporary: OpenFile | undefined;
  /** The file whose owner and mode were copied to the temporary file. */
  #copied: FileFacts | undefined;

  constructor(options: KeyFileOptions) {
    this.#options = options;
    this.description = `the key file ${options.path}`;
    this.flags = `--key-file ${shellWord(options.path)}`;
    this.journal = new FileJournal(options.disk, options.path, () => this.#lock);
  }

  async open(): Promise<void> {
    const { disk, path, warn } = this.#options;
    try {
      this.#lock = await disk.lock(path);
      if (this.#lock !== undefined) {
        const left = [
          ...(await sweepSiblings(disk, path, keyLabel)),
          ...(await sweepSiblings(disk, pendingPath(path), journalLabel)),
        ];
        for (const file of left) await warn(`${file} may hold a key and could not be removed. Remove it.`);
      }
    } catch (error) {
      await this.close();
      throw systemCode(error) === undefined ? error : fileError(path, 'cannot be written', error);
    }
    if (this.#lock !== undefined) return;
    throw new DeliveryError(`Another sts is writing ${path}. Nothing was done.`, {
      hints: ['Run this one again when that has ended.'],
    });
  }

  async prove(): Promise<void> {
    const { disk, path, document, mode, warn } = this.#options;
    try {
      const former = await checkTarget(this.#options);
      await document.check(former === undefined ? undefined : await this.#text());
      const file = await disk.create(temporarySibling(path, keyLabel), 0o600);
      this.#temporary = file;
      // The temporary file belongs to this user, so only its folder can make it untrusted.
      if (!(await disk.isTrusted(file.path))) await warn(openFolder(dirname(path)));
      await file.overwrite(Buffer.alloc(reservedBytes, '\n'));
      if (former === undefined) await file.chmod(mode);
      else await this.#keepAccess(file, former);
      await file.sync();
      // Who asks for a mode that others can read with means it: a nightly run is not to say so every night.
      if (former !== undefined && (former.mode & 0o044 & ~mode) !== 0) await warn(readable(path, former.mode));
    } catch (error) {
      await this.#discard();
      throw systemCode(error) === undefined ? error : fileError(path, 'cannot be written', error);
    }
  }

  async current(): Promise<string | undefined> {
    let text: string;
    try {
      text = await this.#text();
    } catch (error) {
      if (error instanceof FileReadError && systemCode(error.cause) === 'ENOENT') return undefined;
      throw error;
    }
    return this.#options.document.secretIn(text);
  }

  async deliver(issued: Issued, record?: JournalRecord): Promise<void> {
    const { path } = this.#options;
    try {
      await this.#write(issued.secret, record !== undefined);
      this.#temporary = undefined;
    } catch (error) {
      await this.#discard();
      if (error instanceof StsError) throw undelivered(error);
      if (systemCode(error) === undefined) throw error;
      // A network file system may report a failure although it has done the work.
      if ((await this.current().catch(() => undefined)) === issued.secret) throw this.#unsure(error);
      throw fileError(path, 'could not be written', error);
    }
    await this.#syncFolder();
    if (record === undefined) return;
    await this.journal.write(record).catch((error: unknown) => {
      // If the journal misses this record, the next run sees in the file that the key was delivered.
      if (error instanceof JournalLostError || !(error instanceof StsError)) throw error;
    });
  }

  async close(): Promise<void> {
    await this.#discard();
    const lock = this.#lock;
    this.#lock = undefined;
    // A lock that cannot be released is released when the process ends.
    await lock?.release().catch(() => undefined);
  }

  async #write(secret: string, isJournaled: boolean): Promise<void> {
    const { disk, path, document } = this.#options;
    const file = this.#temporary;
    if (file === undefined) throw new Error('deliver() without prove()');
    // Checked again: somebody may have changed or replaced the file since it was proven.
    const former = await checkTarget(this.#options);
    const bytes = Buffer.from(await document.with(secret, former === undefined ? undefined : await this.#text()), 'utf8');
    await file.overwrite(bytes);
    await file.truncate(bytes.length);
    if (former !== undefined) await this.#keepAccess(file, former);
    await file.sync();
    await file.close();
    if (isJournaled) await this.journal.confirm();
    if (former !== undefined) return disk.rename(file.path, path);
    await this.#placeNew(file.path);
  }

  /** Uses a hard link: unlike a rename, it does not replace a file that has appeared in the meantime. */
  async #placeNew(temporaryPath: string): Promise<void> {
    const { disk, path } = this.#options;
    try {
      await disk.link(temporaryPath, path);
    } catch (error) {
      const code = systemCode(error);
      if (code === 'EEXIST') {
        // A network file system may repeat the request. The second one then fails because of the file that the first one created.
        if (await isSameFile(disk, temporaryPath, path)) return this.#removeName(temporaryPath);
        throw appeared(path);
      }
      // The file system has no hard links. A moment ago nothing existed at this path, so a rename is safe enough.
      if (code === 'EPERM' || code === 'ENOTSUP' || code === 'EOPNOTSUPP' || code === 'ENOSYS') {
        return disk.rename(temporaryPath, path);
      }
      throw error;
    }
    await this.#removeName(temporaryPath);
  }

  async #removeName(temporaryPath: string): Promise<void> {
    const { disk, warn } = this.#options;
    await disk.unlink(temporaryPath).catch(async (error: unknown) => warn(leftBehind(temporaryPath, error)));
  }

  async #keepAccess(file: OpenFile, former: FileFacts): Promise<void> {
    const { path } = this.#options;
    if (this.#copied !== undefined && hasSameAccess(this.#copied, former)) return;
    try {
      await file.copyAccess({ path, facts: former });
      this.#copied = former;
    } catch (cause) {
      throw notKept(path, former, cause);
    }
  }

  async #syncFolder(): Promise<void> {
    const { disk, path } = this.#options;
    try {
      await disk.syncFolder(dirname(path));
    } catch (cause) {
      if (systemCode(cause) === undefined) throw cause;
      throw this.#unsure(cause);
    }
  }

  /** The error for a file that holds the new key, but may lose it in a power cut. */
  #unsure(cause: unknown): DeliveryUnknownError {
    const { path } = this.#options;
    return new DeliveryUnknownError(
      `The key is in ${path}, but a power cut may undo that: ${systemReason(cause)}. No key was deleted.`,
      { hints: ['Check the disk, then run the same command again.'], cause },
    );
  }

  async #text(): Promise<string> {
    const { readKeyText } = await import('./read-file.ts');
    return readKeyText(this.#options.disk, this.#options.path);
  }

  async #discard(): Promise<void> {
    const file = this.#temporary;
    this.#temporary = undefined;
    if (file === undefined) return;
    await file.close().catch(() => undefined);
    await this.#removeName(file.path);
  }
}

function readable(path: string, mode: number): string {
  const octal = `0${mode.toString(8)}`;
  return `The key file ${path} can be read by others (mode ${octal}). Its mode is not changed. If that is meant, say so: --key-mode ${octal}`;
}
