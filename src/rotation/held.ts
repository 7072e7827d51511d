import { createHash } from 'node:crypto';
import { parseKeyDocument } from '../delivery/parse.ts';
import { readRegularFile } from '../delivery/read.ts';
import { DeliveryError, FileReadError } from '../errors.ts';
import { systemCode } from '../system.ts';
import { deleteCommand, shellWord } from './words.ts';

/** SHA-256 of the key in a document, so that a changed comment is no changed key; of the document where no key can be made out. */
export async function fingerprintOf(document: string): Promise<string> {
  const key = await parseKeyDocument(document).catch(() => document);
  return createHash('sha256').update(key).digest('hex');
}

/**
 * Whether a key file holds the key with this fingerprint.
 * @throws FileReadError (exit 5) when it is there and cannot be read, or is no regular file.
 */
export async function isHeld(path: string, digest: string): Promise<boolean> {
  const text = await textOf(path);
  return text !== undefined && (await fingerprintOf(text)) === digest;
}

/** Whether a key file holds the key of a document, in whatever form. @throws as `isHeld`. */
export async function holdsKeyOf(path: string, document: string): Promise<boolean> {
  const text = await textOf(path);
  if (text === undefined) return false;
  const key = await parseKeyDocument(document).catch(() => document);
  return text.includes(key) || (await fingerprintOf(text)) === (await fingerprintOf(document));
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readRegularFile(path);
  } catch (error) {
    if (error instanceof FileReadError && systemCode(error.cause) === 'ENOENT') return undefined;
    throw error;
  }
}

/** The error for a key file that somebody changed after the delivery: the old key may be in use again, and is left alone (exit 6). */
export function notHeldAnyMore(
  path: string,
  { oldId, newId }: { readonly oldId: bigint; readonly newId: bigint },
): DeliveryError {
  return new DeliveryError(
    `The key file ${path} does not hold the new key ${newId} any more: somebody changed it after the delivery. The old key ${oldId} may be in use again and was not deleted.`,
    {
      hints: [
        `See whether the key it holds is valid: sts ingestion-api-key verify --key-file ${shellWord(path)}`,
        `Then delete the key that nobody uses: ${deleteCommand(oldId)} (the old one) or ${deleteCommand(newId)} (the new one)`,
      ],
    },
  );
}
