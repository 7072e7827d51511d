import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import zlib from 'node:zlib';
import { MalformedError } from './failure.ts';

/**
 * Undoes the content codings of a body.
 * @param codings in the order they were applied, as the header lists them.
 * @throws MalformedError for a coding that is not known, or data that is not in it.
 */
export async function* decode(body: AsyncIterable<Uint8Array>, codings: readonly string[]): AsyncGenerator<Uint8Array> {
  let chunks = body;
  for (const coding of codings.toReversed()) chunks = decodeOne(chunks, coding);
  yield* chunks;
}

async function* decodeOne(body: AsyncIterable<Uint8Array>, coding: string): AsyncGenerator<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]();
  let first: IteratorResult<Uint8Array>;
  do first = await chunks.next();
  while (!first.done && first.value.length === 0);
  // A response without a body may carry the header all the same.
  if (first.done) return;
  const decoder = decoderFor(coding, first.value[0] ?? 0);
  const input = Readable.from(withFirst(first.value, chunks));
  const fed = pipeline(input, decoder);
  // Told by the decoder as well.
  fed.catch(() => {});
  try {
    yield* decoder;
    await fed;
  } catch (error) {
    throw isCoding(error) ? new MalformedError(`it is no ${coding}`, { cause: error }) : error;
  }
}

async function* withFirst(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

function decoderFor(coding: string, firstByte: number): zlib.Gunzip | zlib.BrotliDecompress {
  if (coding === 'gzip' || coding === 'x-gzip') return zlib.createGunzip();
  if (coding === 'br') return zlib.createBrotliDecompress();
  // By the standard there is a zlib header around it; some servers leave it out.
  if (coding === 'deflate') return (firstByte & 0x0f) === 8 ? zlib.createInflate() : zlib.createInflateRaw();
  throw new MalformedError('it has a content coding that nobody asked for');
}

/** Whether an error is about the data, not about the connection it comes by. */
function isCoding(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^(?:Z_(?:DATA|BUF|NEED)|ERR_(?:PADDING|_?ERROR)|ERR_BROTLI|ERR__)/.test(code);
}
