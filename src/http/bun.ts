import type { ConnectionOptions, ConnectionRequest } from './connection.ts';
import { DeadlineError } from './failure.ts';
import { certificatesIn } from './trust.ts';

/** A response whose body is still arriving. Header names are in lower case. */
export interface Received {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: AsyncIterable<Uint8Array>;
}

type BunFetch = (url: string, options: object) => Promise<Response>;

/** Whether the program runs on Bun, as the executable does. */
export const runsOnBun = 'Bun' in globalThis;

// Variables that make Bun's fetch use a proxy in its own way, or trust more certificates than this program would.
const unusual = /^(?:(?:https?|all|no)_proxy|NODE_TLS_REJECT_UNAUTHORIZED)$/i;
/** The largest size of all headers, in bytes: the same limit as for the other HTTP client. */
const largestHeaders = 16_384;

/**
 * Sends a GET with Bun's own `fetch`. It is ready at once, while the HTTP client of the other requests takes ten milliseconds to set up.
 * But its errors say little, and do not tell whether anything was sent. So it is used only for requests that can be repeated, and its
 * failures are not reported: the other client sends the same request again and finds out the cause.
 *
 * @param ended cancels the request. For a deadline, its reason is told whether the response had begun.
 * @param take reads the response to its end.
 * @returns undefined if the other client has to send the request, or has to find out what is wrong.
 * @throws the signal's reason, and errors of `take` other than TypeError.
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
      // Bun keeps connections open for later requests and never closes them. After requests to a hundred servers in turn, sixty connections
      // would be open.
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
    // `fetch` throws a TypeError for every failure.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function isSimple({ skipSsl, clientCertificate, serverName, proxyUrl, env }: ConnectionOptions): boolean {
  const special = skipSsl || clientCertificate !== undefined || serverName !== undefined || proxyUrl !== undefined;
  return !special && !Object.keys(env).some((name) => unusual.test(name));
}

async function* none(): AsyncGenerator<Uint8Array> {}
