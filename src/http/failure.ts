import { StsError } from '../errors.ts';
import type { ProxyLabel } from './proxy.ts';

/** The deadline of a request passed. The connection notes here how far the request had come. */
export class DeadlineError extends Error {
  readonly code = 'STS_DEADLINE';
  /** Whether the response had begun. */
  responding = false;
  /** The proxy the request went by. */
  proxy: ProxyLabel | undefined;

  constructor(readonly timeoutMs: number) {
    super(`no response within ${timeoutMs / 1000} s`);
  }
}

/** A body larger than the program takes. */
export class TooLargeError extends Error {
  readonly code = 'STS_TOO_LARGE';
}

/** A response that breaks the rules of HTTP or of its own content encoding. */
export class MalformedError extends Error {
  readonly code = 'STS_MALFORMED';
}

/** The proxy is what failed, not the server behind it. Has no `code`: undici would try again for ever on some of them. */
export class ProxyError extends Error {
  constructor(
    readonly proxy: ProxyLabel,
    cause: unknown,
    /** What the proxy responded with instead of opening the way. */
    readonly status?: number,
  ) {
    super('the proxy failed', { cause });
  }
}

/** The first code found in an error, its causes and its parts: an AggregateError itself says nothing. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // Its code is missing in some versions of undici.
  if (error.name === 'HTTPParserError') return 'code' in error && typeof error.code === 'string' ? error.code : 'HPE_INVALID';
  if ('code' in error && typeof error.code === 'string' && error.code !== 'UND_ERR_ABORTED') return error.code;
  if (error instanceof AggregateError) {
    for (const part of error.errors) {
      const code = codeOf(part);
      if (code !== undefined) return code;
    }
  }
  return codeOf(error.cause) ?? ('code' in error && typeof error.code === 'string' ? error.code : undefined);
}

/** The code of a TLS alert without the version of TLS that OpenSSL names it after, which differs between versions of OpenSSL. */
export function withoutVersion(code: string): string {
  return code.replace(/^ERR_SSL_(?:SSLV3|TLSV1|TLSV13|SSL\/TLS)_(?:ALERT_|(?=UNRECOGNIZED_NAME))/, 'ERR_SSL_ALERT_');
}

/** Codes of a machine that has run out of something. */
const machine = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'ENOSPC', 'EAI_MEMORY']);
/** Codes of undici for a wrong use of it, or for its own ending. */
const ofUse = /^UND_ERR_(?:INVALID_ARG|INVALID_RETURN_VALUE|NOT_SUPPORTED|ABORTED|CLOSED|DESTROYED)/;
/** Codes of Node that are about a connection; its other `ERR_` codes are about how it is used, or about memory. */
const ofConnections = /^(?:ERR_SSL_|ERR_TLS_|ERR_STREAM_PREMATURE_CLOSE$|ERR_SOCKET_CLOSED|ERR_OSSL)/;

/**
 * Whose fault an error is: `network` includes the proxy and the server, `machine` is about limits such as memory and open files, and
 * `program` is this program, its runtime, and every error that is not known. Only the first may be reported as a network failure.
 */
export function blame(error: unknown): 'network' | 'machine' | 'program' {
  if (error instanceof StsError) return 'program';
  if (error instanceof ProxyError) return error.cause === undefined ? 'network' : blame(error.cause);
  const code = codeOf(error);
  if (code === undefined || ofUse.test(code)) return 'program';
  if (machine.has(code)) return 'machine';
  return !code.startsWith('ERR_') || ofConnections.test(code) ? 'network' : 'program';
}
