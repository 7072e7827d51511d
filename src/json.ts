import { visible } from './escape.ts';
import { compareBytes, digitsOf } from './ids.ts';

/** Data that can be written as JSON. The type accepts any object, so that interfaces need no cast. */
export type JsonValue = null | undefined | boolean | number | bigint | string | readonly JsonValue[] | object;

const ROWS_PER_BLOCK = 500;
/** Printable ASCII without the quote and the backslash. */
const needsNoEscape = /^[ !#-[\]-~]*$/;

/**
 * Writes one JSON document: indented by two spaces, keys sorted bytewise, every digit of a `bigint`, undefined members left out, a newline
 * at the end. It escapes the characters that `visible` escapes, so the text is safe on a terminal.
 *
 * @throws TypeError for functions and symbols, which have no JSON form.
 */
export function toJson(value: JsonValue): string {
  return `${serialize(value, '')}\n`;
}

/**
 * A document that is written in two parts, the first before the second is known. Together they are the same as `toJson` of all members,
 * except that the members are sorted within each part.
 */
export class OpenDocument {
  #begun = false;

  /** Begins the document with these members. @returns text that does not end with a newline. */
  begin(members: Readonly<Record<string, JsonValue>>): string {
    const lines = linesOf(members);
    this.#begun = lines.length > 0;
    return `{${lines.length === 0 ? '' : `\n${lines.join(',\n')}`}`;
  }

  /** Ends the document with the other members. @returns text that continues the text of `begin`, with a newline at its end. */
  end(members: Readonly<Record<string, JsonValue>> = {}): string {
    const lines = linesOf(members);
    const more = lines.length === 0 ? '' : `${this.#begun ? ',' : ''}\n${lines.join(',\n')}`;
    return `${more}${this.#begun || lines.length > 0 ? '\n' : ''}}\n`;
  }
}

/** The members of a document, one for each line, without the commas between them. */
function linesOf(members: Readonly<Record<string, JsonValue>>): string[] {
  return keysOf(members).map((key) => `  ${quote(key)}: ${serialize(members[key], '  ')}`);
}

/**
 * Writes the document `{ [name]: [...rows] }`, exactly as `toJson` does, in blocks of some hundred rows. So a long list is written while it
 * is made, and is never held in memory as a whole.
 *
 * @param rows read one by one, so that they can be made on demand.
 */
export function* jsonBlocks(name: string, rows: Iterable<JsonValue>): Generator<string> {
  let block = `{\n  ${quote(name)}: [`;
  let count = 0;
  for (const row of rows) {
    block += `${count === 0 ? '' : ','}\n    ${serialize(row, '    ')}`;
    count++;
    if (count % ROWS_PER_BLOCK === 0) {
      yield block;
      block = '';
    }
  }
  yield `${block}${count === 0 ? '' : '\n  '}]\n}\n`;
}

/** @param indent the indentation of the line on which the value starts. */
function serialize(value: JsonValue, indent: string): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'bigint') return digitsOf(value);
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'number') return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const rows: readonly JsonValue[] = value;
    return rows.length === 0 ? '[]' : `[\n${inner}${rows.map((row) => serialize(row, inner)).join(`,\n${inner}`)}\n${indent}]`;
  }
  if (!isRecord(value)) throw new TypeError(`A ${typeof value} has no JSON form.`);
  let members = '';
  for (const key of keysOf(value)) {
    members += `${members === '' ? '' : ','}\n${inner}${quote(key)}: ${serialize(value[key], inner)}`;
  }
  return members === '' ? '{}' : `{${members}\n${indent}}`;
}

function keysOf(record: Readonly<Record<string, JsonValue>>): string[] {
  const keys = Object.keys(record).filter((key) => record[key] !== undefined);
  // The keys are usually sorted already, because the rows of a long list all have the same shape.
  const isSorted = keys.every((key, at) => at === 0 || compareBytes(keys[at - 1] ?? '', key) <= 0);
  return isSorted ? keys : keys.sort(compareBytes);
}

/** JSON.stringify does not escape DEL, C1, separators and bidirectional controls. `visible` escapes them in JSON's notation. */
function quote(text: string): string {
  return needsNoEscape.test(text) ? `"${text}"` : visible(JSON.stringify(text));
}

function isRecord(value: unknown): value is Readonly<Record<string, JsonValue>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
