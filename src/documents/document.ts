import { DeliveryError, type UsageError } from '../errors.ts';
import { visible } from '../escape.ts';
import { nearest } from '../nearest.ts';
import { DocumentError, noKey } from './errors.ts';
import { DEFAULT_KEY_VAR, type KeyFormat } from './formats.ts';
import { applyEdit, type Edit, type Field, type ParsedDocument } from './model.ts';
import { checkCarried } from './new.ts';
import { parseDocument } from './parse.ts';
import { usableSecret } from './usable.ts';

/** How a document is read. */
export interface ReadOptions {
  /** Variable of a dotenv file, field of a Secret; not needed where there is only one. */
  readonly keyVar?: string;
  /** What the document is, at the beginning of a sentence: `The key file /etc/otel/key`. Default: `The key document`. */
  readonly subject?: string;
}

export interface ChangeOptions extends ReadOptions {
  /** What the document must be; default: what it is. */
  readonly format?: KeyFormat;
}

export interface DocumentContents {
  readonly format: KeyFormat;
  /** The names of its variables or fields, in the order of the document; none of a raw document. */
  readonly fields: readonly string[];
}

export interface KeyDocument extends DocumentContents {
  /** The variable or field that holds the secret; absent for a raw document. */
  readonly keyVar?: string;
  readonly secret: string;
}

const SUBJECT = 'The key document';

/**
 * What a document is and has, without a look at its values.
 * @throws DocumentError (exit 3) when it is no key document.
 */
export async function inspectDocument(
  text: string,
  { subject = SUBJECT }: Pick<ReadOptions, 'subject'> = {},
): Promise<DocumentContents> {
  return contentsOf(await parseDocument(text, subject));
}

/**
 * Reads the key from a document, whose format its content tells.
 * @throws DocumentError (exit 3) when it holds no key, or it is not clear which one. The message never quotes the document.
 */
export async function readDocument(text: string, { keyVar, subject = SUBJECT }: ReadOptions = {}): Promise<KeyDocument> {
  const document = await parseDocument(text, subject);
  const field = pick(document, keyVar, subject);
  const secret = field.value ?? '';
  const unusable =
    field.value === undefined ? 'it is not text, or not base64 of text where a Secret has it in data' : usableSecret(secret);
  if (unusable !== undefined)
    throw noKey(`${subject} holds no key${field.name === '' ? '' : ` in ${visible(field.name)}`}: ${unusable}.`);
  return { ...contentsOf(document), ...(field.name === '' ? {} : { keyVar: field.name }), secret };
}

/**
 * Puts another key in the place of the one in a document; all else stays byte for byte. What stood there need not be a key.
 * @throws DocumentError (exit 3) when it is not clear what to change, or the document is of another format than asked for.
 * @throws DeliveryError (exit 6) when the document cannot carry the key.
 */
export async function changeDocument(text: string, secret: string, options: ChangeOptions = {}): Promise<string> {
  const { keyVar, format, subject = SUBJECT } = options;
  const document = await parseDocument(text, subject);
  if (format !== undefined && format !== document.format) throw otherFormat(document.format, format, subject);
  const field = pick(document, keyVar, subject);
  checkCarried(secret, document.format);
  return checkedEdit(text, document, { name: field.name, secret, edit: field.replace(secret) });
}

/**
 * Adds a variable or field to a document in its own style, as its last one; one that is there already is changed.
 * @throws DocumentError (exit 3) when there is no place for one.
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
  checkCarried(secret, document.format);
  return checkedEdit(text, document, { name: keyVar, secret, edit: document.add(keyVar, secret) });
}

function contentsOf({ format, fields }: ParsedDocument): DocumentContents {
  return { format, fields: fields.flatMap(({ name }) => (name === '' ? [] : [name])) };
}

function pick(document: ParsedDocument, keyVar: string | undefined, subject: string): Field {
  const { format, fields } = document;
  const [first] = fields;
  if (first?.name === '') {
    if (keyVar !== undefined) throw noVariables(keyVar, subject);
    return first;
  }
  if (first === undefined) throw noKey(`${subject} has no ${noun(format)} that could hold a key.`);
  const field = keyVar === undefined ? first : fields.find(({ name }) => name === keyVar);
  const names = fields.map(({ name }) => name);
  if (field === undefined || (keyVar === undefined && fields.length > 1)) throw whichOne(format, names, keyVar, subject);
  if (field.refused !== undefined) {
    throw new DocumentError('unclear', `${subject} cannot be used: ${visible(field.name)} ${field.refused}.`, [
      `Write the key itself as the value of ${visible(field.name)}.`,
    ]);
  }
  return field;
}

function whichOne(format: KeyFormat, names: readonly string[], keyVar: string | undefined, subject: string): DocumentError {
  const near = nearest(keyVar ?? DEFAULT_KEY_VAR, names);
  const ordered = (near === undefined ? names : [near, ...names.filter((name) => name !== near)]).map(visible);
  const list = ordered.length > 20 ? `${ordered.slice(0, 20).join(', ')} and ${ordered.length - 20} more` : ordered.join(', ');
  const hints = [`Name the one that holds the key: --key-var ${ordered[0]}`, `There are: ${list}`];
  if (keyVar !== undefined) return new DocumentError('missing', `${subject} has no ${noun(format)} ${visible(keyVar)}.`, hints);
  return new DocumentError(
    'ambiguous',
    `${subject} has ${names.length} ${noun(format)}s. It is not clear which one holds the key.`,
    hints,
  );
}

function noVariables(keyVar: string, subject: string): DocumentError {
  return new DocumentError(
    'other-format',
    `${subject} holds a key alone (raw): there is no variable or field ${visible(keyVar)}.`,
    ['Leave out --key-var.'],
  );
}

function otherFormat(own: KeyFormat, asked: KeyFormat, subject: string): UsageError {
  return new DocumentError('other-format', `${subject} is of the format ${own}, not ${asked}.`, [
    `Leave out --key-format to keep its format, or say --key-format ${own}.`,
  ]);
}

function noun(format: KeyFormat): string {
  return format === 'dotenv' ? 'variable' : 'field';
}

interface Change {
  readonly name: string;
  readonly secret: string;
  readonly edit: Edit;
}

/** Makes the change and reads the result: a document that does not say what was meant is worse than none. */
async function checkedEdit(text: string, before: ParsedDocument, { name, secret, edit }: Change): Promise<string> {
  const result = applyEdit(text, edit);
  const after = await parseDocument(result, SUBJECT).catch(() => undefined);
  const values = new Map(before.fields.map((field) => [field.name, field.value]));
  values.set(name, secret);
  const same =
    after?.format === before.format &&
    after.fields.length === values.size &&
    after.fields.every((field) => values.get(field.name) === field.value);
  if (!same || after.fields.some((field) => field.name === name && field.refused !== undefined)) {
    throw new DeliveryError('The key document is laid out in a way that cannot be changed safely. Nothing was changed.', {
      hints: ['Write the document anew in a plain layout, and try again.'],
    });
  }
  return result;
}
