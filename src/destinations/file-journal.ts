import { dirname } from 'node:path';
import type { Journal } from '../credentials/ports.ts';
import type { JournalRecord } from '../credentials/record.ts';
import { readRecord, writeRecord } from '../credentials/record-text.ts';
import { DeliveryError, FileReadError, JournalLostError, StsError } from '../errors.ts';
import type { Disk, Lock } from '../platform/disk.ts';
import { DurableWriteError, writeDurably } from '../platform/durable.ts';
import { shellWord } from '../shell-word.ts';
import { systemCode } from '../system.ts';
import { systemReason } from './file-error.ts';

/** Part of the names of the journal's temporary files. */
export const journalLabel = 'journal';

const largest = 16 * 1024 * 1024;

/** The path of the journal of a file. */
export function pendingPath(path: string): string {
  return `${path}.sts-pending`;
}

/**
 * A journal beside a file, with mode 0600. It is used under the file's lock. In addition, a write compares the journal's text with the text
 * that this run last read or wrote, to see whether another run has taken it over.
 * @param path of the file.
 * @param lock gives the file's lock, once it is held.
 */
export class FileJournal implements Journal {
  readonly place: string;
  readonly remove: string;
  readonly keepsSecrets = true;
  readonly #disk: Disk;
  readonly #lock: () => Lock | undefined;
  /** The text as this run last saw it; undefined if there was no journal. */
  #seen: string | undefined;

  constructor(disk: Disk, path: string, lock: () => Lock | undefined) {
    this.#disk = disk;
    this.#lock = lock;
    this.place = pendingPath(path);
    this.remove = `rm ${shellWord(this.place)}`;
  }

  async read(): Promise<JournalRecord | undefined> {
    const text = await this.#text();
    this.#seen = text;
    if (text === undefined) return undefined;
    if (!(await this.#isTrusted())) {
      throw new DeliveryError(
        `The journal ${this.place} cannot be trusted: another user owns it, or may change it or its folder. Nothing was done.`,
        { hints: [`See who owns it: ls -l ${shellWord(this.place)}`, `If it is not yours, remove it: ${this.remove}`] },
      );
    }
    const record = readRecord(text);
    if (record === undefined) throw this.#unreadable('is not a journal of this program');
    return record;
  }

  async write(record: JournalRecord): Promise<void> {
    const text = writeRecord(record);
    try {
      await writeDurably(this.#disk, this.place, text, {
        mode: 0o600,
        label: journalLabel,
        beforeRename: () => this.confirm(),
      });
    } catch (cause) {
      if (cause instanceof StsError) throw cause;
      // The text may have been written despite the error.
      if ((await this.#text().catch(() => undefined)) === text) this.#seen = text;
      const leftover = cause instanceof DurableWriteError ? cause.leftover : undefined;
      const secret = leftover === undefined ? [] : [`Remove this file, which may hold a key: rm ${shellWord(leftover)}`];
      throw new DeliveryError(`The journal ${this.place} could not be written: ${systemReason(cause)}.`, {
        hints: ['Check the free space and the permissions of that folder.', ...secret],
        cause,
      });
    }
    this.#seen = text;
  }

  async confirm(): Promise<void> {
    await this.#compare();
    if (!(await this.#lock()?.isHeld())) throw this.#lost(`Another run of sts may now hold the lock of ${this.place}.`);
  }

  async drop(): Promise<void> {
    if (this.#seen === undefined) return;
    // The lock is not checked: a journal with the id of this run is of no use to another run.
    await this.#compare();
    try {
      await this.#disk.unlink(this.place);
      this.#seen = undefined;
      await this.#disk.syncFolder(dirname(this.place));
    } catch (cause) {
      if (systemCode(cause) === undefined) throw cause;
      throw new DeliveryError(`The journal ${this.place} could not be removed: ${systemReason(cause)}.`, { cause });
    }
  }

  async #isTrusted(): Promise<boolean> {
    try {
      return await this.#disk.isTrusted(this.place);
    } catch (error) {
      throw this.#unreadable(`cannot be examined: ${systemReason(error)}`);
    }
  }

  /** @throws JournalLostError when the text is not the one that this run last read or wrote. */
  async #compare(): Promise<void> {
    const text = await this.#text();
    if (text === this.#seen) return;
    const how = text === undefined ? 'removed' : 'changed';
    throw this.#lost(`Somebody has ${how} the journal ${this.place}, or another run of sts has taken it over.`);
  }

  #lost(what: string): JournalLostError {
    return new JournalLostError(`${what} This run stops.`, {
      hints: ['See what the other run says, then run the same command again if it is still needed.'],
    });
  }

  async #text(): Promise<string | undefined> {
    try {
      const facts = await this.#disk.facts(this.place);
      if (facts === undefined) return undefined;
      if (facts.kind !== 'file') throw this.#unreadable('is not a regular file');
      return (await this.#disk.read(this.place, largest)).text;
    } catch (error) {
      if (error instanceof FileReadError) throw error;
      if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(systemCode(error) ?? '')) return undefined;
      throw this.#unreadable(error instanceof RangeError ? 'is too large' : `cannot be read: ${systemReason(error)}`);
    }
  }

  /** The system's error is left out, because no error may quote the journal. */
  #unreadable(why: string): FileReadError {
    return new FileReadError(`An earlier run was interrupted, and its journal ${this.place} ${why}.`, {
      hints: [
        'See with `list` which credentials exist, and delete those that nobody uses.',
        `Then remove the journal: ${this.remove}`,
      ],
    });
  }
}
