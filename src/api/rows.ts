import { decodeJson, looksLikeHtml } from './decode.ts';

const reported = 20;
const headLength = 200;

const [quote, backslash, comma, open, close, openObject, closeObject] = [0x22, 0x5c, 0x2c, 0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Reads the server's array of keys or tokens while it arrives, a row at a time: nothing but the rows is kept, and a row that is none,
 * or no JSON, does not spoil the others.
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
   * @param name what a row is, for messages: `ingestion API key`.
   * @param readRow reads one row, or says why it is none.
   */
  constructor(name: string, readRow: (value: unknown) => Row | string) {
    this.#name = name;
    this.#readRow = readRow;
  }

  /** Takes the next bytes of the body. */
  push(chunk: Uint8Array): void {
    if (this.#head.length < headLength) this.#head = Buffer.concat([this.#head, chunk.subarray(0, headLength)]);
    let start = 0;
    for (let at = 0; at < chunk.length && this.#state !== 'broken'; at++) {
      const byte = chunk[at] ?? 0;
      if (this.#state === 'row') {
        if (!this.#endsRow(byte)) continue;
        this.#take(chunk.subarray(start, at));
        this.#state = byte === comma ? 'between' : 'after';
      } else if (!isBlank(byte)) {
        this.#outside(byte);
        start = at;
      }
    }
    if (this.#state === 'row') this.#pending.push(chunk.subarray(start));
  }

  /** Whether the body was one whole array. */
  get complete(): boolean {
    return this.#state === 'after';
  }

  /** One sentence for each row that is no key; beyond the first twenty they are counted. */
  get rejected(): readonly string[] {
    if (this.#unreported === 0) return this.#rejected;
    return [...this.#rejected, `${this.#unreported} more rows of the server's list are no ${this.#name}s.`];
  }

  /** Whether the body is a web page. */
  isHtml(contentType: string | undefined): boolean {
    return looksLikeHtml(contentType, this.#head);
  }

  #outside(byte: number): void {
    if (this.#state === 'before') {
      // The three bytes of a byte order mark are let pass.
      if (byte !== 0xef && byte !== 0xbb && byte !== 0xbf) this.#state = byte === open ? 'between' : 'broken';
    } else if (this.#state === 'after') this.#state = 'broken';
    else if (byte === close) this.#state = 'after';
    else if (byte !== comma) {
      this.#state = 'row';
      this.#depth = 0;
      this.#inString = false;
      this.#endsRow(byte);
    }
  }

  #endsRow(byte: number): boolean {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === backslash) this.#escaped = true;
      else if (byte === quote) this.#inString = false;
      return false;
    }
    if (byte === quote) this.#inString = true;
    else if (byte === open || byte === openObject) this.#depth++;
    else if ((byte === close || byte === closeObject) && this.#depth > 0) this.#depth--;
    else return this.#depth === 0 && (byte === comma || byte === close);
    return false;
  }

  #take(last: Uint8Array): void {
    const bytes = this.#pending.length === 0 ? last : Buffer.concat([...this.#pending, last]);
    this.#pending = [];
    this.#count++;
    const row = this.#rowOf(bytes);
    if (typeof row !== 'string') this.rows.push(row);
    else if (this.#rejected.length >= reported) this.#unreported++;
    else this.#rejected.push(`Row ${this.#count} of the server's list is no ${this.#name} and is left out: ${row}.`);
  }

  #rowOf(bytes: Uint8Array): Row | string {
    try {
      return this.#readRow(decodeJson(bytes));
    } catch {
      return 'it is no JSON';
    }
  }
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
