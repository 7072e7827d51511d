import { decodeJson, looksLikeHtml } from './decode.ts';

const reported = 20;
const headLength = 200;

const [quote, backslash, comma, open, close, openObject, closeObject] = [0x22, 0x5c, 0x2c, 0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Reads the server's array of keys or tokens row by row while it arrives. Only the rows are kept in memory. An invalid row does not affect
 * the others.
 */
export class RowReader<Row> {
  readonly rows: Row[] = [];
  readonly #name: string;
  readonly #readRow: (value: unknown) => Row | string;
  #rejected: string[] = [];
  #unreported = 0;
  #count = 0;
  #state: 'before' | 'between' | 'row' | 'after' | 'broken' = 'before';
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** Earlier chunks of the row being read. */
  #pending: Uint8Array[] = [];
  #head = Buffer.alloc(0);

  /**
   * @param name the name of a row, for messages: `ingestion API key`.
   * @param readRow reads one row, or gives a reason why it is not one.
   */
  constructor(name: string, readRow: (value: unknown) => Row | string) {
    this.#name = name;
    this.#readRow = readRow;
  }

  /** Reads the next bytes of the body. */
  push(chunk: Uint8Array): void {
    if (this.#head.length < headLength) this.#head = Buffer.concat([this.#head, chunk.subarray(0, headLength)]);
    /** The offsets at which the complete rows of this chunk begin and end, alternating. */
    const bounds: number[] = [];
    let at = 0;
    while (at < chunk.length && this.#state !== 'broken') {
      if (this.#state === 'row') {
        const end = this.#endOfRow(chunk, at);
        if (end === chunk.length) this.#pending.push(chunk.subarray(at));
        else {
          if (this.#pending.length > 0) this.#take(chunk.subarray(at, end));
          else bounds.push(at, end);
          this.#state = chunk[end] === comma ? 'between' : 'after';
        }
        at = end + 1;
      } else {
        const byte = chunk[at] ?? 0;
        if (isBlank(byte) || !this.#beginsRow(byte)) at++;
      }
    }
    this.#takeAll(chunk, bounds);
  }

  /** Whether the body was one complete array. */
  get complete(): boolean {
    return this.#state === 'after';
  }

  /** One sentence for each invalid row. After the first twenty, they are only counted. */
  get rejected(): readonly string[] {
    if (this.#unreported === 0) return this.#rejected;
    return [...this.#rejected, `${this.#unreported} more rows of the server's list are not ${this.#name}s.`];
  }

  /** Whether the body is a web page. */
  isHtml(contentType: string | undefined): boolean {
    return looksLikeHtml(contentType, this.#head);
  }

  /** Reads a byte between the rows. @returns whether it is the first byte of a row. */
  #beginsRow(byte: number): boolean {
    if (this.#state === 'before') {
      // The three bytes of a byte order mark are skipped.
      if (byte !== 0xef && byte !== 0xbb && byte !== 0xbf) this.#state = byte === open ? 'between' : 'broken';
    } else if (this.#state === 'after') this.#state = 'broken';
    else if (byte === close) this.#state = 'after';
    else if (byte !== comma) {
      this.#state = 'row';
      this.#depth = 0;
      this.#inString = false;
      return true;
    }
    return false;
  }

  /** Finds the end of a row: the comma or bracket after it, or the end of the chunk. The loop runs for every byte, so it uses no fields. */
  #endOfRow(chunk: Uint8Array, from: number): number {
    let [depth, inString, escaped, at] = [this.#depth, this.#inString, this.#escaped, from];
    for (; at < chunk.length; at++) {
      const byte = chunk[at];
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === backslash) escaped = true;
        else if (byte === quote) inString = false;
      } else if (byte === quote) inString = true;
      else if (byte === open || byte === openObject) depth++;
      else if ((byte === close || byte === closeObject) && depth > 0) depth--;
      else if (depth === 0 && (byte === comma || byte === close)) break;
    }
    [this.#depth, this.#inString, this.#escaped] = [depth, inString, escaped];
    return at;
  }

  /** Decodes the rows in groups of some hundred, which is faster. If a group has an invalid row, its rows are decoded one by one. */
  #takeAll(chunk: Uint8Array, bounds: readonly number[]): void {
    const [first, last] = [bounds[0], bounds.at(-1)];
    if (first === undefined || last === undefined) return;
    const values = arrayOf(chunk.subarray(first, last));
    if (values?.length === bounds.length / 2) for (const value of values) this.#add(this.#readRow(value));
    else for (let at = 0; at < bounds.length; at += 2) this.#add(this.#rowOf(chunk.subarray(bounds[at], bounds[at + 1])));
  }

  #take(last: Uint8Array): void {
    const bytes = this.#pending.length === 0 ? last : Buffer.concat([...this.#pending, last]);
    this.#pending = [];
    this.#add(this.#rowOf(bytes));
  }

  #add(row: Row | string): void {
    this.#count++;
    if (typeof row !== 'string') this.rows.push(row);
    else if (this.#rejected.length >= reported) this.#unreported++;
    else this.#rejected.push(`Row ${this.#count} of the server's list is not a valid ${this.#name} and is left out: ${row}.`);
  }

  #rowOf(bytes: Uint8Array): Row | string {
    try {
      return this.#readRow(decodeJson(bytes));
    } catch {
      return 'it is not JSON';
    }
  }
}

/** Decodes rows with commas between them; undefined if one of them is not JSON. */
function arrayOf(rows: Uint8Array): readonly unknown[] | undefined {
  try {
    const value = decodeJson(Buffer.concat([Buffer.of(open), rows, Buffer.of(close)]));
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
