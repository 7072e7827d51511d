import { TooLargeError } from './failure.ts';

const limit = 64 * 1024 * 1024;

/**
 * Reads a body to its end, decoded.
 * @param encoding value of the `Content-Encoding` header. Requests ask for no encoding, but some servers and proxies encode the body
 * anyway.
 * @param sink receives the chunks. The result is then empty.
 * @throws TooLargeError beyond 64 MiB, before or after decoding; MalformedError when it cannot be decoded.
 */
export async function readBody(
  body: AsyncIterable<Uint8Array>,
  encoding: string | undefined,
  sink?: (chunk: Uint8Array) => void,
): Promise<Uint8Array> {
  const codings = (encoding ?? '')
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity');
  const received = limited(body);
  const decoded = codings.length === 0 ? received : limited((await import('./encoding.ts')).decode(received, codings));
  const chunks: Uint8Array[] = [];
  for await (const chunk of decoded) {
    if (sink === undefined) chunks.push(chunk);
    else sink(chunk);
  }
  return Buffer.concat(chunks);
}

async function* limited(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > limit) throw new TooLargeError('more than 64 MiB');
    yield chunk;
  }
}
