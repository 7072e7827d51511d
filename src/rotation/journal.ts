import { lstat, readFile } from 'node:fs/promises';
import * as z from 'zod/mini';
import type { NewIngestionApiKey } from '../api/model.ts';
import { removeIfThere, syncFolder, writeDurably } from '../delivery/durable.ts';
import { effect, type StepHook } from '../delivery/effects.ts';
import { DeliveryError, FileReadError } from '../errors.ts';
import { toJson } from '../json.ts';
import { systemCode } from '../system.ts';
import type { RotationContext } from './context.ts';
import { shellWord } from './words.ts';

/** What a rotation of a key file must remember from its first request to its last one. */
export interface JournalFacts {
  /** URL of the server's API. */
  readonly server: string;
  /** The new key as it was or will be asked for. */
  readonly wanted: NewIngestionApiKey;
  /** The server's clock before the creation, milliseconds since the epoch. */
  readonly startedAt: number;
  /** How long the request that creates the key may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Ids of the keys that had the new key's name before it was created. */
  readonly before: readonly bigint[];
  readonly oldId: bigint;
  readonly oldName: string;
  readonly deleteOld: boolean;
  /** How long the old key is kept after the delivery, in milliseconds. */
  readonly afterMs: number;
}

/** The stages in their order. What each says is true from before the next outside effect on. */
export type Journal =
  /** The creation may have been sent. */
  | (JournalFacts & { readonly stage: 'creating' })
  /** The key exists; the key file holds `document` if it was delivered. */
  | (JournalFacts & { readonly stage: 'created'; readonly newId: bigint; readonly document: string })
  /** The key file holds the new key, its SHA-256 is `digest`; the old one goes at `deleteAt`, milliseconds since the epoch. */
  | (JournalFacts & { readonly stage: 'delivered'; readonly newId: bigint; readonly digest: string; readonly deleteAt: number });

/** int64 in JSON as text: other readers would lose its digits. */
const int64 = z.pipe(
  z.string().check(z.regex(/^-?\d{1,19}$/)),
  z.transform((digits: string) => BigInt(digits)),
);
const facts = {
  version: z.literal(1),
  server: z.string(),
  wanted: z.object({ name: z.string(), description: z.optional(z.string()), expiration: z.optional(int64) }),
  startedAt: z.number(),
  timeoutMs: z.number(),
  before: z.array(int64),
  oldId: int64,
  oldName: z.string(),
  deleteOld: z.boolean(),
  afterMs: z.number(),
};
const schema = z.discriminatedUnion('stage', [
  z.object({ ...facts, stage: z.literal('creating') }),
  z.object({ ...facts, stage: z.literal('created'), newId: int64, document: z.string() }),
  z.object({ ...facts, stage: z.literal('delivered'), newId: int64, digest: z.string(), deleteAt: z.number() }),
]);

const largest = 16 * 1024 * 1024;

/** Where the journal of a key file's rotation stands. */
export function pendingPath(path: string): string {
  return `${path}.sts-pending`;
}

/** Whether an error says that there is no such file, and can be none. */
export function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(systemCode(error) ?? '');
}

/**
 * The journal that a broken-off rotation of a key file left; undefined when there is none.
 * @throws FileReadError (exit 5) when there is one that cannot be understood.
 */
export async function readJournal(path: string): Promise<Journal | undefined> {
  const pending = pendingPath(path);
  const unreadable = (why: string, cause?: unknown) =>
    new FileReadError(`A rotation of ${path} was broken off, and what it left in ${pending} ${why}.`, {
      hints: [
        'See which keys there are: sts ingestion-api-key list',
        `Delete the ones nobody uses, then remove that file: rm ${shellWord(pending)}`,
      ],
      cause,
    });
  let text: string;
  try {
    const stats = await lstat(pending);
    if (!stats.isFile()) throw unreadable('is no regular file');
    if (stats.size > largest) throw unreadable('is too large');
    text = await readFile(pending, 'utf8');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error instanceof FileReadError
      ? error
      : unreadable(`cannot be read (${systemCode(error) ?? 'unknown trouble'})`, error);
  }
  try {
    const { wanted, ...journal } = z.parse(schema, JSON.parse(text));
    const { name, description, expiration } = wanted;
    return {
      ...journal,
      wanted: {
        name,
        ...(description === undefined ? {} : { description }),
        ...(expiration === undefined ? {} : { expiration }),
      },
    };
  } catch {
    // The cause is kept out: it may quote the key.
    throw unreadable('makes no sense');
  }
}

/**
 * Writes the journal, 0600, whole and on the disk before it returns.
 * @throws DeliveryError (exit 6); the former journal is then as it was.
 */
export async function writeJournal(path: string, journal: Journal, step: StepHook | undefined): Promise<void> {
  const { wanted, before, oldId, ...rest } = journal;
  const text = toJson({
    ...rest,
    version: 1,
    before: before.map(String),
    oldId: String(oldId),
    wanted: { ...wanted, ...(wanted.expiration === undefined ? {} : { expiration: String(wanted.expiration) }) },
    ...('newId' in journal ? { newId: String(journal.newId) } : {}),
  });
  try {
    await writeDurably(pendingPath(path), text, 'journal', step);
  } catch (error) {
    throw new DeliveryError(
      `The journal of the rotation, ${pendingPath(path)}, could not be written (${systemCode(error) ?? 'unknown trouble'}).`,
      {
        hints: ['Check the free space and the permissions of that folder.'],
        cause: error,
      },
    );
  }
}

/** As removeJournal(), where nothing is lost if it stays: the next rotation finds it, has nothing left to do, and removes it. */
export async function dropJournal({ report, step }: Pick<RotationContext, 'report' | 'step'>, path: string): Promise<void> {
  await removeJournal(path, step).catch(async (error: unknown) => {
    if (systemCode(error) === undefined) throw error;
    await report({ kind: 'journal-left', path: pendingPath(path), reason: systemCode(error) ?? '' });
  });
}

/** Removes the journal: there is nothing left to finish or undo. */
export async function removeJournal(path: string, step: StepHook | undefined): Promise<void> {
  await effect(step, 'remove journal', () => removeIfThere(pendingPath(path)));
  await effect(step, 'sync folder of journal', () => syncFolder(path));
}
