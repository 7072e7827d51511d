import { visible } from '../escape.ts';

// How a context is written, as YAML text. Lines end with a bare newline here; the file's own line ends come when it is put in.

/** A context to be written: keys with their values, in order. */
export type Entries = readonly (readonly [string, string | boolean])[];

/** A text as block-style YAML: plain where every YAML reader takes it for this text, else double-quoted. */
export function scalar(value: string | boolean): string {
  if (typeof value === 'boolean') return String(value);
  const plain =
    /^[A-Za-z/](?:[\w./@%+=~-]|:(?=[\w./@%+=~-]))*$/.test(value) && !/^(?:true|false|yes|no|on|off|y|n|null)$/i.test(value);
  return plain ? value : quoted(value);
}

export function quoted(value: string | boolean): string {
  // JSON is YAML, but for control characters that JSON leaves as they are.
  return typeof value === 'boolean' ? String(value) : visible(JSON.stringify(value));
}

/** A context that comes into the list, in both styles of YAML. */
export interface NewContext {
  /** Its lines as an item of a list, each with this indentation. */
  block(indent: string): string;
  readonly flow: string;
}

/** @param lines its settings in block style; those of `entries` if they stand nowhere yet. */
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
