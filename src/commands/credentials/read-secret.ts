import { largestDocument, readKeyText } from '../../destinations/read-file.ts';
import { readDocument } from '../../documents/document.ts';
import { FileReadError, StsError, UsageError } from '../../errors.ts';
import type { CredentialNoun } from '../nouns.ts';
import type { Session } from '../verb.ts';
import type { VerifyOptions } from './verify.ts';

/**
 * The secret to verify.
 * @returns with where it was read from, for messages; undefined for stdin.
 * @throws FileReadError (exit 5) or UsageError (exit 3) when there is none to read.
 */
export async function readSecretFrom(
  options: VerifyOptions,
  noun: CredentialNoun,
  session: Session,
): Promise<{ readonly secret: string; readonly source: string | undefined }> {
  const { keyFile, keyVar, kubernetesSecret } = options;
  if (kubernetesSecret !== undefined) {
    const { secretOf } = await import('./open-kubernetes.ts');
    return secretOf({ ...options, kubernetesSecret }, noun, session);
  }
  const names = keyVar === undefined ? {} : { keyVar };
  if (keyFile === undefined || keyFile === '-') {
    const text = await fromStdin(noun, session);
    return { secret: (await readDocument(text, names)).secret, source: undefined };
  }
  const path = session.world.resolvePath(keyFile);
  const text = await readKeyText(await session.world.disk(), path);
  try {
    return { secret: (await readDocument(text, names)).secret, source: `the key file ${path}` };
  } catch (error) {
    if (!(error instanceof StsError)) throw error;
    throw new FileReadError(`The key file ${path} cannot be used. ${error.message}`, { hints: error.hints, cause: error });
  }
}

async function fromStdin(noun: CredentialNoun, { world, globals, readSecret }: Session): Promise<string> {
  const { apiToken, serviceToken, k8sSaToken } = globals;
  if ([apiToken, serviceToken, k8sSaToken].includes('-')) {
    throw new UsageError(`The token and the ${noun.words.short} to verify cannot both be read from stdin.`, {
      hints: ['Read it from a file: --key-file PATH'],
    });
  }
  if (world.stdin.isTTY) return readSecret(`${noun.titled}: `);
  try {
    return await world.stdin.readAll(largestDocument);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`The text on stdin is larger than any document with a ${noun.words.short}.`, {
      hints: ['Pipe one in, or name a file: --key-file PATH'],
    });
  }
}
