import { addValue, changeDocument, readDocument } from '../documents/document.ts';
import { DocumentError } from '../documents/errors.ts';
import type { DocumentNames, KeyFormat } from '../documents/formats.ts';
import { keyVarInRaw } from '../documents/formats.ts';
import { newDocument } from '../documents/new.ts';
import { DeliveryError } from '../errors.ts';

export interface FileDocumentOptions {
  /** Absolute path, for messages. */
  readonly path: string;
  /** Undefined: an existing file keeps its format, and a new file is raw. */
  readonly format: KeyFormat | undefined;
  /** Undefined: an existing file must have only one variable or field, and a new file gets the name in `names`. */
  readonly keyVar: string | undefined;
  /** The names for a new document. */
  readonly names: DocumentNames;
  /** Whether a file that holds no key, or has another format, may be overwritten. */
  readonly force: boolean;
}

/** The content of a key file: finds and replaces the key in its text. */
export interface FileDocument {
  /**
   * Checks, before a key is created, that the text can take one.
   * @param text of the file; undefined if there is no file.
   * @throws DeliveryError (exit 6) where it holds no key, DocumentError (exit 3) where the flags do not fit it.
   */
  check(text: string | undefined): Promise<void>;
  /** The secret in a text; undefined if there is none. @throws DocumentError (exit 3) when it is not clear which value is the secret. */
  secretIn(text: string): Promise<string | undefined>;
  /** The text with another secret and everything else unchanged. @throws as `check`. */
  with(secret: string, text: string | undefined): Promise<string>;
}

export function fileDocument(options: FileDocumentOptions): FileDocument {
  const { path, format, keyVar, names, force } = options;
  const reading = { subject: `The key file ${path}`, ...(keyVar === undefined ? {} : { keyVar }) };
  const anew = (secret: string) => newDocument(secret, format ?? 'raw', names);
  return {
    async check(text) {
      if (text === undefined) {
        if (format === undefined && keyVar !== undefined) throw keyVarInRaw();
        return;
      }
      if (force) return;
      try {
        const document = await readDocument(text, reading);
        // Only checks that the flags fit the document. The result is not used.
        await changeDocument(text, document.secret, format === undefined ? reading : { ...reading, format });
      } catch (error) {
        if (!(error instanceof DocumentError) || !['no-key', 'no-value'].includes(error.problem)) throw error;
        throw new DeliveryError(`${error.message} It was left as it is, and nothing was created.`, {
          hints: ['Name the file that holds the key: --key-file PATH', 'Or overwrite this one: --force'],
          cause: error,
        });
      }
    },
    async secretIn(text) {
      try {
        return (await readDocument(text, reading)).secret;
      } catch (error) {
        const holdsNone = error instanceof DocumentError && (force || error.problem === 'no-key' || error.problem === 'missing');
        if (holdsNone) return undefined;
        throw error;
      }
    },
    async with(secret, text) {
      if (text === undefined) return anew(secret);
      try {
        return await changeDocument(text, secret, format === undefined ? reading : { ...reading, format });
      } catch (error) {
        if (!force || !(error instanceof DocumentError)) throw error;
        if (error.problem === 'missing' && keyVar !== undefined) return addValue(text, secret, { ...reading, keyVar });
        if (error.problem === 'ambiguous' || error.problem === 'unclear') throw error;
        return anew(secret);
      }
    },
  };
}
