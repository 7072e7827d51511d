import { dirname } from 'node:path';
import type { Journal } from '../credentials/ports.ts';
import type { JournalRecord } from '../credentials/record.ts';
import { readRecord, writeRecord } from '../credentials/record-text.ts';
import { DeliveryError, FileReadError, JournalLostError } from '../errors.ts';
import type { Disk, Lock } from '../platform/disk.ts';
import { writeDurably } from '../platform/durable.ts';
import { shellWord } from '../shell-word.ts';
import { systemCode } from '../system.ts';

/** Part of the names of the journal's temporary files. */
export const journalLabel = 'journal';

const largest = 16 * 1024 * 1024;

/** Where the journal of a file stands. */
export function pendingPath(path: string): string {
  return `${path}.sts-pending`;
}

/**
 * A journal beside a file, mode 0600. It is used under the file's lock; that the text is still the one last read or written tells in
 * addition that no other run has taken it.
 * @param path of the file.
 * @param lock the file's lock, once it is held.
 */
export class FileJournal implements Journal {
  readonly place: string;
  readonly remove: string;
  readonly keepsSecrets = true;
  readonly #disk: Disk;
  readonly #lock: () => Lock | undefined;
  /** The text as this run last saw it; undefined: there was no journal. */
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
    if (!(await this.#disk.isTrusted(this.place))) {
      throw new DeliveryError(
        `The journal ${this.place} is not believed: another user owns it, or may change it or its folder. Nothing was done.`,
        { hints: [`See whose it is: ls -l ${shellWord(this.place)}`, `If you did not make it, remove it: ${this.remove}`] },
      );
    }
    const record = readRecord(text);
    if (record === undefined) throw this.#unreadable('is no journal of this program');
    return record;
  }

  async write(record: JournalRecord): Promise<void> {
    await this.confirm();
    const text = writeRecord(record);
    try {
      await writeDurably(this.#disk, this.place, text, { mode: 0o600, label: journalLabel });
    } catch (cause) {
      throw new DeliveryError(`The journal ${this.place} could not be written (${systemCode(cause) ?? 'unknown trouble'}).`, {
        hints: ['Check the free space and the permissions of that folder.'],
        cause,
      });
    }
    this.#seen = text;
  }

  async confirm(): Promise<void> {
    const lock = this.#lock();
    if (lock !== undefined && (await lock.isHeld()) && (await this.#text()) === this.#seen) return;
    throw new JournalLostError(
      `Another run of sts has taken over the journal ${this.place} while this one stood still. This one stops.`,
      { hints: ['See what the other run says, then run the same command again if it is still needed.'] },
    );
  }

  async drop(): Promise<void> {
    if (this.#seen === undefined) return;
    await this.confirm();
    await this.#disk.unlink(this.place);
    this.#seen = undefined;
    await this.#disk.syncFolder(dirname(this.place));
  }

  async #text(): Promise<string | undefined> {
    try {
      const facts = await this.#disk.facts(this.place);
      if (facts === undefined) return undefined;
      if (facts.kind !== 'file') throw this.#unreadable('is no regular file');
      return (await this.#disk.read(this.place, largest)).text;
    } catch (error) {
      if (error instanceof FileReadError) throw error;
      if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(systemCode(error) ?? '')) return undefined;
      throw this.#unreadable(
        error instanceof RangeError ? 'is too large' : `cannot be read (${systemCode(error) ?? 'unknown trouble'})`,
      );
    }
  }

  /** The system's error is kept out: nothing may quote what stands in the journal. */
  #unreadable(why: string): FileReadError {
    return new FileReadError(`An earlier run was broken off, and its journal ${this.place} ${why}.`, {
      hints: [
        'See which credentials there are with `list`, and delete the ones nobody uses.',
        `Then remove the journal: ${this.remove}`,
      ],
    });
  }
}
