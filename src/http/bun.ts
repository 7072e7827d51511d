import type { ConnectionOptions, ConnectionRequest } from './connection.ts';
import { DeadlineError } from './failure.ts';
import { certificatesIn } from './trust.ts';

/** A response as it arrives. Names of headers are in lower case. */
export interface Received {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: AsyncIterable<Uint8Array>;
}

type BunFetch = (url: string, options: object) => Promise<Response>;

/** Whether Bun runs this program, as it does in the executable. */
export const runsOnBun = 'Bun' in globalThis;

// What makes Bun's fetch take another way than this program would, or trust more.
const unusual = /^(?:(?:https?|all|no)_proxy|NODE_TLS_REJECT_UNAUTHORIZED)$/i;
/** As many bytes of headers as are taken on other ways. */
const largestHeaders = 16_384;

/**
 * A GET by Bun's own `fetch`, which is there at once where the HTTP client of other requests takes ten milliseconds to set up. It says
 * little of what goes wrong, and does not say whether anything was sent. So it is used only for requests that can be sent again, and
 * nothing is made of its failures: the same request by the other client finds out what they are.
 *
 * @param ended gives the request up; of a deadline it is noted whether the response had begun.
 * @param take reads the response to its end.
 * @returns undefined where only the other client can send it or tell what is wrong.
 * @throws the signal's reason, and what `take` throws that is no failure of `fetch`.
 */
export async function fetchedByBun<T>(
  options: ConnectionOptions,
  { path, headers }: Pick<ConnectionRequest, 'path' | 'headers'>,
  ended: AbortSignal,
  take: (response: Received) => Promise<T>,
): Promise<T | undefined> {
  if (!isSimple(options)) return undefined;
  let responding = false;
  try {
    const response = await (fetch as BunFetch)(`${new URL(options.url).origin}${path}`, {
      headers,
      redirect: 'manual',
      decompress: false,
      // Bun keeps connections open for later requests, and nothing ends them: of a hundred servers that are asked one after the other,
      // sixty would have one.
      keepalive: false,
      signal: ended,
      ...(options.caCertificates === undefined ? {} : { tls: { ca: certificatesIn(options.caCertificates) } }),
    });
    responding = true;
    const received = Object.fromEntries(response.headers);
    const size = Object.entries(received).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
    if (size > largestHeaders || (received['content-length'] && received['transfer-encoding'])) return undefined;
    return await take({ statusCode: response.status, headers: received, body: response.body ?? none() });
  } catch (error) {
    if (ended.reason instanceof DeadlineError) ended.reason.responding = responding;
    ended.throwIfAborted();
    // `fetch` fails with a TypeError, whatever it is.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function isSimple({ skipSsl, clientCertificate, serverName, proxyUrl, env }: ConnectionOptions): boolean {
  const special = skipSsl || clientCertificate !== undefined || serverName !== undefined || proxyUrl !== undefined;
  return !special && !Object.keys(env).some((name) => unusual.test(name));
}

async function* none(): AsyncGenerator<Uint8Array> {}
