import type { KeyFormat } from './formats.ts';

/** One replacement in a text: what stands from `start` up to `end` becomes `text`. Offsets count UTF-16 units. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** One value of a document that can be a key. */
export interface Field {
  /** Variable of a dotenv file, field of a Secret; empty for the key of a raw document. */
  readonly name: string;
  /** The value with all quoting and encoding undone; undefined where it is no text. */
  readonly value: string | undefined;
  /** Why the value cannot be told or changed for certain, as the end of a sentence that begins with the field. */
  readonly refused?: string;
  /** @param secret usable, and such that the format can carry it. */
  replace(secret: string): Edit;
}

/** A document that is understood. Names are unique: of two values with one name only the one that counts is a field. */
export interface ParsedDocument {
  readonly format: KeyFormat;
  readonly fields: readonly Field[];
  /** Adds a field that is not there yet, in the document's own style. Undefined: there is no place for one. */
  add?(name: string, secret: string): Edit;
}

export function applyEdit(text: string, { start, end, text: replacement }: Edit): string {
  return text.slice(0, start) + replacement + text.slice(end);
}

/** The line end a text uses: that of its first line. */
export function lineEndOf(text: string): string {
  return /^[^\n]*\r\n/.test(text) ? '\r\n' : '\n';
}
