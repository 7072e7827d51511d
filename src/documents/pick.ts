import { visible } from '../escape.ts';
import { nearest } from '../nearest.ts';
import { DocumentError, WHAT_IS_A_KEY_DOCUMENT } from './errors.ts';
import { DEFAULT_KEY_VAR, isRaw, type KeyFormat } from './formats.ts';
import type { Field, ParsedDocument } from './model.ts';
import { looksIssued } from './usable.ts';

/** How many names a hint lists at most. */
const LISTED = 20;

/**
 * Picks the field that holds the key: the one asked for, else the only one.
 * @throws DocumentError when there is no such field, when there are several and none was asked for, or when the value cannot be read
 * reliably.
 */
export function pick(document: ParsedDocument, keyVar: string | undefined, subject: string): Field {
  const { format, fields } = document;
  if (isRaw(format) && keyVar !== undefined) throw noVariables(keyVar, subject);
  const [first] = fields;
  if (first === undefined) {
    throw new DocumentError('missing', `${subject} has no ${noun(format)} that could hold a key.`, [WHAT_IS_A_KEY_DOCUMENT]);
  }
  const field = keyVar === undefined ? first : fields.find(({ name }) => name === keyVar);
  if (field === undefined || (keyVar === undefined && fields.length > 1)) throw whichOne(document, keyVar, subject);
  if (field.refused !== undefined) {
    throw new DocumentError('unclear', `${subject} cannot be used: ${visible(field.name)} ${field.refused}.`, [
      `Make the key the only value of ${visible(field.name)}, then try again.`,
    ]);
  }
  return field;
}

function whichOne({ format, fields }: ParsedDocument, keyVar: string | undefined, subject: string): DocumentError {
  const names = fields.map(({ name }) => name);
  const keys = fields.filter(({ value }) => value !== undefined && looksIssued(value));
  const [only] = keys;
  // To follow the hint overwrites a value: where nothing speaks for one of them, none is named.
  const likely = keys.length === 1 && only !== undefined ? only.name : nearest(keyVar ?? DEFAULT_KEY_VAR, names);
  const ordered = (likely === undefined ? names : [likely, ...names.filter((name) => name !== likely)]).map(visible);
  const more = ordered.length > LISTED ? ` and ${ordered.length - LISTED} more` : '';
  const list = `${ordered.slice(0, LISTED).join(', ')}${more}`;
  const hints = [
    `Name the one that holds the key: --key-var ${likely === undefined ? 'NAME' : visible(likely)}`,
    `There are: ${list}`,
  ];
  if (keyVar !== undefined) return new DocumentError('missing', `${subject} has no ${noun(format)} ${visible(keyVar)}.`, hints);
  return new DocumentError(
    'ambiguous',
    `${subject} has ${names.length} ${noun(format)}s. It is not clear which one holds the key.`,
    hints,
  );
}

/** The error for `--key-var` with a raw document. */
export function noVariables(keyVar: string, subject: string): DocumentError {
  return new DocumentError(
    'other-format',
    `${subject} holds a key alone (raw): there is no variable or field ${visible(keyVar)}.`,
    ['Leave out --key-var.'],
  );
}

function noun(format: KeyFormat): string {
  return format === 'dotenv' ? 'variable' : 'field';
}
