import { DeliveryError } from '../errors.ts';
import { visible } from '../escape.ts';
import { DocumentError, WHAT_IS_A_KEY_DOCUMENT } from './errors.ts';
import { checkKeyVar, isRaw, type KeyFormat } from './formats.ts';
import { applyEdit, type Edit, type ParsedDocument } from './model.ts';
import { checkCarried } from './new.ts';
import { parseDocument } from './parse.ts';
import { noVariables, pick } from './pick.ts';
import { usableSecret } from './usable.ts';

/** Options for reading a document. */
export interface ReadOptions {
  /** Variable of a dotenv file, or field of a Secret. Not needed if the document has only one. */
  readonly keyVar?: string;
  /** The name of the document at the beginning of a sentence: `The key file /etc/otel/key`. Default: `The key document`. */
  readonly subject?: string;
}

export interface ChangeOptions extends ReadOptions {
  /** The format that the document must have. Default: any. */
  readonly format?: KeyFormat;
}

export interface DocumentContents {
  readonly format: KeyFormat;
  /** The names of its variables or fields, in the order of the document. Empty for a raw document. */
  readonly fields: readonly string[];
}

export interface KeyDocument extends DocumentContents {
  /** The variable or field that holds the secret; absent for a raw document. */
  readonly keyVar?: string;
  readonly secret: string;
}

const SUBJECT = 'The key document';

/**
 * Tells the format of a document and the names in it, without looking at its values.
 * @throws DocumentError (exit 3) when the text is not a key document.
 */
export async function inspectDocument(
  text: string,
  { subject = SUBJECT }: Pick<ReadOptions, 'subject'> = {},
): Promise<DocumentContents> {
  return contentsOf(await parseDocument(text, subject));
}

/**
 * Reads the key from a document. The content tells the format.
 * @throws DocumentError (exit 3) when the document holds no key, or it is not clear which value is the key. The message never quotes the
 * document.
 */
export async function readDocument(text: string, { keyVar, subject = SUBJECT }: ReadOptions = {}): Promise<KeyDocument> {
  const document = await parseDocument(text, subject);
  const field = pick(document, keyVar, subject);
  const contents = contentsOf(document);
  const secret = field.value ?? '';
  const place = isRaw(document.format) ? '' : ` in ${visible(field.name)}`;
  const why = field.value === undefined ? 'it is not text (or, in data of a Secret, not base64 of text)' : usableSecret(secret);
  if (why !== undefined) {
    throw new DocumentError('no-value', `${subject} holds no key${place}: ${why}.`, [
      isRaw(document.format) ? WHAT_IS_A_KEY_DOCUMENT : 'Put the key there, or name what holds it: --key-var NAME',
    ]);
  }
  return { ...contents, ...(isRaw(document.format) ? {} : { keyVar: field.name }), secret };
}

/**
 * Replaces the key in a document. Everything else stays byte for byte. The old value need not be a key.
 * @throws DocumentError (exit 3) when it is not clear what to change, or the document has another format than `options.format`.
 * @throws DeliveryError (exit 6) when the document cannot carry the key.
 */
export async function changeDocument(text: string, secret: string, options: ChangeOptions = {}): Promise<string> {
  const { keyVar, format, subject = SUBJECT } = options;
  const document = await parseDocument(text, subject);
  if (format !== undefined && format !== document.format) throw otherFormat(document.format, format, subject);
  const field = pick(document, keyVar, subject);
  checkCarried(secret, document.format);
  return checkedEdit(text, document, { name: field.name, secret, edit: field.replace(secret), subject });
}

/**
 * Adds a variable or field at the end of a document, in the style of the document. One that exists already is changed.
 * @throws DocumentError (exit 3) when the document has no place for it; UsageError when the format does not allow the name.
 * @throws DeliveryError (exit 6) when the document cannot carry the key.
 */
export async function addValue(
  text: string,
  secret: string,
  { keyVar, subject = SUBJECT }: ReadOptions & { readonly keyVar: string },
): Promise<string> {
  const document = await parseDocument(text, subject);
  if (document.fields.some(({ name }) => name === keyVar)) return changeDocument(text, secret, { keyVar, subject });
  if (document.add === undefined) throw noVariables(keyVar, subject);
  checkKeyVar(keyVar, document.format);
  checkCarried(secret, document.format);
  return checkedEdit(text, document, { name: keyVar, secret, edit: document.add(keyVar, secret), subject });
}

function contentsOf({ format, fields }: ParsedDocument): DocumentContents {
  return { format, fields: isRaw(format) ? [] : fields.map(({ name }) => name) };
}

function otherFormat(own: KeyFormat, asked: KeyFormat, subject: string): DocumentError {
  return new DocumentError('other-format', `${subject} has the format ${own}, not ${asked}.`, [
    `Leave out --key-format to keep its format, or use --key-format ${own}.`,
  ]);
}

interface Change {
  readonly name: string;
  readonly secret: string;
  readonly edit: Edit;
  readonly subject: string;
}

/** Makes the change and reads the result back, so that a wrong document is never delivered. */
async function checkedEdit(text: string, before: ParsedDocument, { name, secret, edit, subject }: Change): Promise<string> {
  const result = applyEdit(text, edit);
  const after = await parseDocument(result, subject).catch(() => undefined);
  const values = new Map(before.fields.map((field) => [field.name, field.value]));
  values.set(name, secret);
  const same =
    after?.format === before.format &&
    after.fields.length === values.size &&
    after.fields.every((field) => values.get(field.name) === field.value);
  if (!same || after.fields.some((field) => field.name === name && field.refused !== undefined)) {
    throw new DeliveryError(`${subject} has a layout that cannot be changed safely. It was not changed.`, {
      hints: ['Rewrite the document in a plain layout, then try again.'],
    });
  }
  return result;
}
