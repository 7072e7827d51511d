import { ConnectionError, ServerError } from '../errors.ts';
import { visible } from '../escape.ts';
import type { ProxyLabel } from './proxy.ts';

const dns = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA']);
const unknownAuthority = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_UNTRUSTED',
]);

/** How a connection ends without an answer, in words that follow the server's name. */
const brokenConnections: Readonly<Record<string, string>> = {
  UND_ERR_SOCKET: 'closed the connection before its answer was complete',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'closed the connection before its answer was complete',
  ECONNRESET: 'broke the connection off',
  EPIPE: 'broke the connection off',
  ETIMEDOUT: 'did not answer the attempt to connect',
  EHOSTUNREACH: 'cannot be reached from here: there is no way to this host',
  ENETUNREACH: 'cannot be reached from here: there is no way to its network',
};

const hungUp = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** A request's deadline passed. What it ended is known to the connection alone, which notes it here. */
export class DeadlineError extends Error {
  readonly code = 'STS_DEADLINE';
  /** Whether the answer had begun. */
  answering = false;
  /** The proxy the request went by. */
  proxy: ProxyLabel | undefined;

  constructor(readonly timeoutMs: number) {
    super(`no answer within ${timeoutMs / 1000} s`);
  }
}

/** A body larger than the program takes. */
export class TooLargeError extends Error {
  readonly code = 'STS_TOO_LARGE';
}

/** The proxy is what failed, not the server behind it. Has no `code`: undici would try again for ever on some of them. */
export class ProxyError extends Error {
  constructor(
    readonly proxy: ProxyLabel,
    cause: unknown,
    /** What the proxy answered instead of opening the way. */
    readonly status?: number,
  ) {
    super('the proxy failed', { cause });
  }
}

/** The first code found in an error, its causes and its parts: an AggregateError itself says nothing. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // Its code is missing in some versions of undici.
  if (error.name === 'HTTPParserError') return 'HPE_INVALID';
  if ('code' in error && typeof error.code === 'string' && error.code !== 'UND_ERR_ABORTED') return error.code;
  if (error instanceof AggregateError) {
    for (const part of error.errors) {
      const code = codeOf(part);
      if (code !== undefined) return code;
    }
  }
  return codeOf(error.cause) ?? ('code' in error && typeof error.code === 'string' ? error.code : undefined);
}

/** What went wrong between here and the server, in words, for a request that changes nothing or was never sent. */
export function explainFailure(error: unknown, url: string): ConnectionError | ServerError {
  const code = codeOf(error) ?? '';
  const { host, hostname, protocol } = new URL(url);
  const details = (...hints: string[]) => ({ hints, cause: error });
  if (error instanceof ProxyError) return explainProxy(error, host);
  const retry = 'Check the URL (--url, STS_CLI_URL or the context), the network and the proxy settings, then try again.';
  if (error instanceof DeadlineError) {
    const what = error.answering ? 'no complete answer' : 'no answer';
    const { proxy } = error;
    const byProxy = proxy === undefined ? [] : [`The request went by the proxy ${proxy.name}. ${proxyHint(proxy, host)}`];
    return new ConnectionError(
      `${host} gave ${what} within ${error.timeoutMs / 1000} s.`,
      details('Try again, or allow more time with --timeout, for example --timeout 2m.', ...byProxy),
    );
  }
  if (dns.has(code)) return new ConnectionError(`The host name ${visible(hostname)} cannot be found (${code}).`, details(retry));
  if (code === 'ECONNREFUSED')
    return new ConnectionError(`${host} refused the connection: nothing listens there.`, details(retry));
  if (unknownAuthority.has(code)) {
    return new ConnectionError(
      `The certificate of ${host} is signed by an authority that is not known here (${code}).`,
      details('If the authority is your own, name its certificate with --ca-cert-path FILE.pem (or STS_CA_CERT_PATH).'),
    );
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    const state = code === 'CERT_HAS_EXPIRED' ? 'has expired' : 'is not valid yet';
    return new ConnectionError(
      `The certificate of ${host} ${state}.`,
      details('Have the certificate renewed on the server; check the clock of this machine.'),
    );
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return new ConnectionError(
      `The certificate of ${host} is for another host name.`,
      details('Use the host name the certificate names in the URL, or have the certificate made for this one.'),
    );
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS')) {
    return new ConnectionError(
      `No TLS connection could be made to ${host} (${code}).`,
      details('Check that the URL should begin with https:// and names the right port.'),
    );
  }
  if (code.startsWith('HPE_') || code === 'UND_ERR_HTTP_PARSER' || code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    return new ServerError(
      `${host} did not answer in HTTP.`,
      details('Check that the URL names StackState, and whether it begins with http:// or https://.'),
    );
  }
  if (code === 'UND_ERR_HEADERS_OVERFLOW')
    return new ServerError(`${host} answered with more headers than are taken.`, details(retry));
  if (code === 'STS_TOO_LARGE')
    return new ServerError(`${host} answered with more than 64 MiB.`, details('Check that the URL names StackState.'));
  const broken = brokenConnections[code];
  if (broken !== undefined) {
    // A server that expects TLS hangs up on plain HTTP without a word.
    const tls = protocol === 'http:' && hungUp.has(code) ? ['If this port expects TLS, the URL begins with https://.'] : [];
    return new ConnectionError(`${host} ${broken}.`, details(...tls, retry));
  }
  return new ConnectionError(`The connection to ${host} failed${code === '' ? '' : ` (${code})`}.`, details(retry));
}

/** What a proxy did instead of letting a request through, and the variable to look into. */
export function explainProxy({ proxy, status, cause }: ProxyError, host: string): ConnectionError {
  const { name, variable } = proxy;
  const settings = proxyHint(proxy, host);
  if (status === 407) {
    const form = `${variable}=http://USER:PASSWORD@HOST:PORT`;
    const [message, remedy] = proxy.hasUser
      ? [`does not accept the user and the password given in ${variable}`, 'Correct them, special characters percent-encoded']
      : ['wants a user and a password', 'Put them into its URL'];
    return new ConnectionError(`The proxy ${name} ${message}.`, { hints: [`${remedy}: ${form}`, settings], cause });
  }
  if (status !== undefined) {
    return new ConnectionError(`The proxy ${name} refused the way to ${host} (${status}).`, { hints: [settings], cause });
  }
  return new ConnectionError(`The proxy ${name} cannot be used (${codeOf(cause) ?? 'the connection failed'}).`, {
    hints: [settings],
    cause,
  });
}

function proxyHint({ variable }: ProxyLabel, host: string): string {
  return `${variable} names this proxy; add ${host} to NO_PROXY to go there directly.`;
}
