import { visible } from '../escape.ts';

// Writes a context as YAML text. Lines end with a bare newline here; they get the line ends of the file when they are inserted.

/** The settings of a context to write: keys with their values, in order. */
export type Entries = readonly (readonly [string, string | boolean])[];

/** Writes a value in block style: plain if every YAML reader reads it as this text, else double-quoted. */
export function scalar(value: string | boolean): string {
  if (typeof value === 'boolean') return String(value);
  const plain =
    /^[A-Za-z/](?:[\w./@%+=~-]|:(?=[\w./@%+=~-]))*$/.test(value) && !/^(?:true|false|yes|no|on|off|y|n|null)$/i.test(value);
  return plain ? value : quoted(value);
}

export function quoted(value: string | boolean): string {
  // JSON is valid YAML except for control characters that JSON does not escape.
  return typeof value === 'boolean' ? String(value) : visible(JSON.stringify(value));
}

/** A context to add to the list, in both YAML styles. */
export interface NewContext {
  /** The lines of the context as an item of a list, each with this indentation. */
  block(indent: string): string;
  readonly flow: string;
}

/** @param lines the settings in block style. By default they are written from `entries`. */
export function newContext(name: string, entries: Entries, lines: readonly string[] = blockPairs(entries, '')): NewContext {
  return {
    block: (indent) =>
      [`${indent}- name: ${scalar(name)}`, `${indent}  context:`, ...lines.map((line) => indented(line, `${indent}    `))].join(
        '\n',
      ),
    flow: `{"name": ${quoted(name)}, "context": {${flowPairs(entries)}}}`,
  };
}

function indented(line: string, indent: string): string {
  return line === '' ? '' : indent + line;
}

export function blockPairs(entries: Entries, indent: string): string[] {
  return entries.map(([key, value]) => `${indent}${key}: ${scalar(value)}`);
}

export function flowPairs(entries: Entries): string {
  return entries.map(([key, value]) => `"${key}": ${quoted(value)}`).join(', ');
}
