import type { KeyFormat } from './formats.ts';

/** One replacement in a text: the characters from `start` up to `end` become `text`. Offsets count UTF-16 units. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** One value of a document that can be a key. */
export interface Field {
  /** Variable of a dotenv file or field of a Secret; empty for the key of a raw document. */
  readonly name: string;
  /** The value without quotes and encoding; undefined if it is not text. */
  readonly value: string | undefined;
  /** Why the value cannot be read or changed reliably, as the end of a sentence that begins with the field. */
  readonly refused?: string;
  /** @param secret a usable secret that the format can hold. */
  replace(secret: string): Edit;
}

/** A parsed document. Names are unique: of two values with the same name only the effective one is a field. */
export interface ParsedDocument {
  readonly format: KeyFormat;
  readonly fields: readonly Field[];
  /** Adds a field that does not exist yet, in the style of the document. Absent if the document has no place for it. */
  add?(name: string, secret: string): Edit;
}

export function applyEdit(text: string, { start, end, text: replacement }: Edit): string {
  return text.slice(0, start) + replacement + text.slice(end);
}

/** The line end that a text uses, judged by its first line. */
export function lineEndOf(text: string): string {
  return /^[^\n]*\r\n/.test(text) ? '\r\n' : '\n';
}
