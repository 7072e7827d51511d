import { StsError } from '../errors.ts';
import type { ProxyLabel } from './proxy.ts';

/** The deadline of a request has passed. The connection records here how far the request had got. */
export class DeadlineError extends Error {
  readonly code = 'STS_DEADLINE';
  /** Whether the response had begun. */
  responding = false;
  /** The proxy that the request went through. */
  proxy: ProxyLabel | undefined;

  constructor(readonly timeoutMs: number) {
    super(`no response within ${timeoutMs / 1000} s`);
  }
}

/** A body that is larger than the program accepts. */
export class TooLargeError extends Error {
  readonly code = 'STS_TOO_LARGE';
}

/** A response that breaks the rules of HTTP or of its own content encoding. */
export class MalformedError extends Error {
  readonly code = 'STS_MALFORMED';
}

/** The proxy failed, not the server behind it. The error has no `code`, because undici would repeat some of them for ever. */
export class ProxyError extends Error {
  constructor(
    readonly proxy: ProxyLabel,
    cause: unknown,
    /** The status with which the proxy refused the request. */
    readonly status?: number,
  ) {
    super('the proxy failed', { cause });
  }
}

/** The first code in an error, its causes and its parts. An AggregateError has no useful code itself. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // Some versions of undici do not set a code.
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

/** The code of a TLS alert without the version of TLS in it, which depends on the version of OpenSSL. */
export function withoutVersion(code: string): string {
  return code.replace(/^ERR_SSL_(?:SSLV3|TLSV1|TLSV13|SSL\/TLS)_(?:ALERT_|(?=UNRECOGNIZED_NAME))/, 'ERR_SSL_ALERT_');
}

/** Codes of a machine that has run out of a resource. */
const machine = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'ENOSPC', 'EAI_MEMORY']);
/** Codes of undici for wrong use, or for a client that was closed. */
const ofUse = /^UND_ERR_(?:INVALID_ARG|INVALID_RETURN_VALUE|NOT_SUPPORTED|ABORTED|CLOSED|DESTROYED)/;
/** Codes of Node about connections. Its other `ERR_` codes are about wrong use or memory. */
const ofConnections = /^(?:ERR_SSL_|ERR_TLS_|ERR_STREAM_PREMATURE_CLOSE$|ERR_SOCKET_CLOSED|ERR_OSSL)/;

/**
 * Tells what caused an error. `network` includes the proxy and the server. `machine` means limits such as memory and open files. `program`
 * means this program, its runtime, and every unknown error. Only `network` may be reported as a network failure.
 */
export function blame(error: unknown): 'network' | 'machine' | 'program' {
  if (error instanceof StsError) return 'program';
  if (error instanceof ProxyError) return error.cause === undefined ? 'network' : blame(error.cause);
  const code = codeOf(error);
  if (code === undefined || ofUse.test(code)) return 'program';
  if (machine.has(code)) return 'machine';
  return !code.startsWith('ERR_') || ofConnections.test(code) ? 'network' : 'program';
}
