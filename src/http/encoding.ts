import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import zlib from 'node:zlib';
import { MalformedError } from './failure.ts';

/**
 * Undoes the content codings of a body. A body that is not in its coding, or in one that is not known, is taken as it is where that can be told
 * from its first bytes: proxies decode bodies and forget the header.
 * @param codings in the order they were applied, as the header lists them.
 * @throws MalformedError for data that breaks off or is damaged.
 */
export async function* decode(body: AsyncIterable<Uint8Array>, codings: readonly string[]): AsyncGenerator<Uint8Array> {
  let chunks = body;
  for (const coding of codings.toReversed()) chunks = decodeOne(chunks, coding);
  yield* chunks;
}

async function* decodeOne(body: AsyncIterable<Uint8Array>, coding: string): AsyncGenerator<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]();
  const start = await startOf(chunks);
  // A response without a body may carry the header all the same.
  if (start.length === 0) return;
  const decoder = decoderFor(coding, start);
  if (decoder === undefined) {
    yield* withStart(start, chunks);
    return;
  }
  const fed = pipeline(Readable.from(withStart(start, chunks)), decoder);
  // Told by the decoder as well.
  fed.catch(() => {});
  try {
    yield* decoder;
    await fed;
  } catch (error) {
    throw isCoding(error) ? new MalformedError(`it is no ${coding}`, { cause: error }) : error;
  }
}

/** The first two bytes, or more; fewer where the body has no more. */
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
  // By the standard there is a zlib header around it, a multiple of 31; some servers leave it out.
  return (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0 ? zlib.createInflate() : zlib.createInflateRaw();
}

/** Whether an error is about the data, not about the connection it comes by. */
function isCoding(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^(?:Z_(?:DATA|BUF|NEED)|ERR_(?:PADDING|_?ERROR)|ERR_BROTLI|ERR__)/.test(code);
}
