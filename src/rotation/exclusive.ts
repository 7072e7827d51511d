import { lstat } from 'node:fs/promises';
import { FileReadError, UsageError } from '../errors.ts';
import { systemCode } from '../system.ts';
import { isAbsent, pendingPath } from './journal.ts';
import { lockKeyFile } from './lock.ts';

/**
 * Does something that must not come between the steps of a rotation: while no other sts writes the key file, and none has left a
 * rotation of it unfinished. Then the newest key may be one that nobody received, and the next rotation tells by the file what to undo.
 * @param path absolute path of the key file; it need not exist.
 * @throws DeliveryError (exit 6) when another sts writes it, UsageError (exit 3) while `PATH.sts-pending` exists, FileReadError (exit 5)
 * when that cannot be told; and what `work` throws.
 */
export async function exclusively<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = await lockKeyFile(path);
  try {
    await refuseWhilePending(path);
    return await work();
  } finally {
    await lock.release();
  }
}

async function refuseWhilePending(path: string): Promise<void> {
  const pending = pendingPath(path);
  const absent = await lstat(pending).then(
    () => false,
    (error: unknown) => {
      if (isAbsent(error)) return true;
      throw new FileReadError(`Whether ${pending} exists cannot be told (${systemCode(error) ?? 'unknown trouble'}).`, {
        hints: ['Check the permissions of its folder.'],
        cause: error,
      });
    },
  );
  if (absent) return;
  throw new UsageError(
    `A rotation of ${path} was broken off, so it is not settled which key is the one in use. Nothing was done.`,
    {
      hints: [
        'Run the rotation again, it finishes or undoes what was begun: sts ingestion-api-key rotate --name NAME --key-file PATH',
      ],
    },
  );
}
