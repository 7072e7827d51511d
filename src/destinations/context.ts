import { dirname } from 'node:path';
import type { Destination, Issued, Journal } from '../credentials/ports.ts';
import type { JournalRecord } from '../credentials/record.ts';
import { ConfigUnsyncedError, DeliveryError, DeliveryUnknownError, JournalLostError, StsError } from '../errors.ts';
import type { Disk, Lock } from '../platform/disk.ts';
import { sweepSiblings, temporarySibling } from '../platform/durable.ts';
import { shellWord } from '../shell-word.ts';
import { systemCode } from '../system.ts';
import { systemReason } from './file-error.ts';
import { FileJournal, journalLabel, pendingPath } from './file-journal.ts';
import { undelivered } from './undelivered.ts';

/** Part of the name of the temporary file that proves that the folder can be written. */
const proofLabel = 'proof';
/** How long another command that has read the old token may still use it, in milliseconds. */
const readersNeedMs = 10_000;

/** The token that a context of the config file holds. */
export interface ContextToken {
  /** Absolute path of the config file, without symbolic links. */
  readonly path: string;
  /** Name of the context. */
  readonly name: string;
  /** The token that is stored now; undefined if there is none. @throws ConfigError when the file cannot be read. */
  read(): Promise<string | undefined>;
  /** Replaces the token, whole or not at all. @throws ConfigError when the stored token is not `old`, or the file cannot be written. */
  replace(old: string, value: string): Promise<void>;
}

export interface ContextOptions {
  readonly disk: Disk;
  readonly token: ContextToken;
  /** Shows the user a sentence. */
  readonly warn: (sentence: string) => Promise<void>;
}

/**
 * `--save-context`: the token that a context of the config file holds. The journal is a file beside the config file, one for each context.
 */
export class ContextDestination implements Destination {
  readonly description: string;
  readonly flags: string;
  readonly journal: Journal;
  readonly readersNeedMs = readersNeedMs;
  readonly #options: ContextOptions;
  /** The beginning of the paths of the journal and its lock. */
  readonly #path: string;
  #lock: Lock | undefined;

  constructor(options: ContextOptions) {
    const { disk, token } = options;
    this.#options = options;
    this.#path = `${token.path}.${encodeURIComponent(token.name)}`;
    this.description = `the context ${JSON.stringify(token.name)} in ${token.path}`;
    this.flags = `--save-context --context ${shellWord(token.name)}`;
    this.journal = new FileJournal(disk, this.#path, () => this.#lock);
  }

  async open(): Promise<void> {
    const { disk, warn } = this.#options;
    try {
      this.#lock = await disk.lock(this.#path);
      if (this.#lock !== undefined) {
        await sweepSiblings(disk, this.#path, proofLabel);
        for (const file of await sweepSiblings(disk, pendingPath(this.#path), journalLabel)) {
          await warn(`${file} may hold a token and could not be removed. Remove it.`);
        }
        return;
      }
    } catch (error) {
      await this.close();
      throw this.#explained(error);
    }
    throw new DeliveryError(`Another sts is replacing the token of ${this.description}. Nothing was done.`, {
      hints: ['Run this one again when that has ended.'],
    });
  }

  /** Creates a temporary file beside the config file, as the change of the config file will. */
  async prove(): Promise<void> {
    const { disk } = this.#options;
    await this.#stored();
    try {
      const file = await disk.create(temporarySibling(this.#path, proofLabel), 0o600);
      await file.close();
      await disk.unlink(file.path);
    } catch (error) {
      throw this.#explained(error);
    }
  }

  current(): Promise<string | undefined> {
    return this.#options.token.read();
  }

  async deliver({ secret }: Issued, record?: JournalRecord): Promise<void> {
    const { token } = this.#options;
    try {
      const old = await this.#stored();
      if (record !== undefined) await this.journal.confirm();
      if (old !== secret) await token.replace(old, secret);
    } catch (error) {
      if (!(error instanceof StsError)) throw error;
      if (error instanceof ConfigUnsyncedError || (await this.#holds(secret))) throw unsure(error);
      throw undelivered(error);
    }
    if (record === undefined) return;
    await this.journal.write(record).catch((error: unknown) => {
      // If the journal misses this record, the next run sees in the config file that the token was delivered.
      if (error instanceof JournalLostError || !(error instanceof StsError)) throw error;
    });
  }

  async close(): Promise<void> {
    const lock = this.#lock;
    this.#lock = undefined;
    // A lock that cannot be released is released when the process ends.
    await lock?.release().catch(() => undefined);
  }

  async #stored(): Promise<string> {
    const stored = await this.current();
    if (stored !== undefined) return stored;
    throw new DeliveryError(`${this.description.replace(/^t/, 'T')} holds no token that could be replaced.`, {
      hints: [`Save one first: sts context save --name ${shellWord(this.#options.token.name)} --url URL --service-token -`],
    });
  }

  async #holds(secret: string): Promise<boolean> {
    return (await this.current().catch(() => undefined)) === secret;
  }

  #explained(error: unknown): unknown {
    if (systemCode(error) === undefined) return error;
    const folder = dirname(this.#path);
    return new DeliveryError(`The folder ${folder} of the config file cannot be written: ${systemReason(error)}.`, {
      hints: [`Give this user write permission to it: ls -ld ${shellWord(folder)}`],
      cause: error,
    });
  }
}

/** The error for a config file that holds the new token, but may lose it in a power cut. */
function unsure(error: StsError): DeliveryUnknownError {
  return new DeliveryUnknownError(`${error.message} No token was deleted.`, {
    hints: ['Check the disk, then run the same command again.', ...error.hints],
    cause: error,
  });
}
