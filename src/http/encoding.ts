import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import zlib from 'node:zlib';
import { MalformedError } from './failure.ts';

/**
 * Decodes the content codings of a body. A body in an unknown coding, or whose first bytes show that it is not encoded, is passed on
 * unchanged: some proxies decode the body but keep the header.
 * @param codings the codings in the order in which they were applied, as in the header.
 * @throws MalformedError for data that is incomplete or damaged.
 */
export async function* decode(body: AsyncIterable<Uint8Array>, codings: readonly string[]): AsyncGenerator<Uint8Array> {
  let chunks = body;
  for (const coding of codings.toReversed()) chunks = decodeOne(chunks, coding);
  yield* chunks;
}

async function* decodeOne(body: AsyncIterable<Uint8Array>, coding: string): AsyncGenerator<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]();
  const start = await startOf(chunks);
  // A response without a body may have the header, too.
  if (start.length === 0) return;
  const decoder = decoderFor(coding, start);
  if (decoder === undefined) {
    yield* withStart(start, chunks);
    return;
  }
  const fed = pipeline(Readable.from(withStart(start, chunks)), decoder);
  // The decoder throws the same error.
  fed.catch(() => {});
  try {
    yield* decoder;
    await fed;
  } catch (error) {
    throw isCoding(error) ? new MalformedError(`it is not ${coding}`, { cause: error }) : error;
  }
}

/** Reads the first two bytes or more, or the whole body if it is shorter. */
async function startOf(chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  let start: Uint8Array = new Uint8Array();
  while (start.length < 2) {
    const next = await chunks.next();
    if (next.done) break;
    start = Buffer.concat([start, next.value]);
  }
  return start;
}

async function* withStart(start: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield start;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

function decoderFor(coding: string, start: Uint8Array): zlib.Gunzip | zlib.BrotliDecompress | undefined {
  const [first = 0, second = 0] = start;
  if (coding === 'gzip' || coding === 'x-gzip') return first === 0x1f && second === 0x8b ? zlib.createGunzip() : undefined;
  if (coding === 'br') return zlib.createBrotliDecompress();
  if (coding !== 'deflate') return undefined;
  // The standard requires a zlib header, which is a multiple of 31. Some servers leave it out.
  return (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0 ? zlib.createInflate() : zlib.createInflateRaw();
}

/** Whether an error comes from the data, and not from the connection. */
function isCoding(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^(?:Z_(?:DATA|BUF|NEED)|ERR_(?:PADDING|_?ERROR)|ERR_BROTLI|ERR__)/.test(code);
}
