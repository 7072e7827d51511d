import { ConnectionError, ExitCode, ServerError, StsError } from '../errors.ts';
import { visible } from '../escape.ts';
import { blame, codeOf, DeadlineError, MalformedError, ProxyError, withoutVersion } from './failure.ts';
import type { ProxyLabel } from './proxy.ts';

interface Words {
  /** A sentence with the placeholders `HOST`, `HOSTNAME` and `CODE`. */
  readonly message: string;
  readonly hints: readonly string[];
  /** Set if the server responded, but wrongly: exit code 2 instead of 4. */
  readonly responded?: true;
}

const checkUrl = 'Check that the URL is that of StackState, and whether it must begin with http:// or https://.';
const retry = 'Check the URL (--url, STS_CLI_URL or the context), the network and the proxy settings, then try again.';
const addCa =
  "If it is one of your own, give its certificate, an intermediate one or the server's with --ca-cert-path FILE.pem (or STS_CA_CERT_PATH).";
const oldTls = 'Have the server, or the proxy in front of it, updated. This program needs TLS 1.2 or later.';

const untrusted: Words = {
  message: 'The certificate of HOST is signed by a CA that is not trusted here (CODE).',
  hints: [addCa],
};
const cut: Words = { message: 'HOST closed the connection before its response was complete.', hints: [retry] };
const reset: Words = { message: 'HOST reset the connection.', hints: [retry] };
const notFound: Words = { message: 'The host name HOSTNAME cannot be found (CODE).', hints: [retry] };
const notHttp: Words = { message: 'HOST did not respond in HTTP.', hints: [checkUrl], responded: true };
const clientCertificate: Words = {
  message: 'HOST demands a client certificate (CODE).',
  hints: ['This program cannot send one. Ask for a URL that needs only the token.'],
};

/** Messages and hints by error code. */
const words: Readonly<Record<string, Words>> = {
  ENOTFOUND: notFound,
  EAI_AGAIN: notFound,
  EAI_FAIL: notFound,
  EAI_NODATA: notFound,
  ECONNREFUSED: { message: 'HOST refused the connection: no program listens on that port.', hints: [retry] },
  ETIMEDOUT: { message: 'HOST did not respond to the attempt to connect.', hints: [retry] },
  EHOSTUNREACH: { message: 'HOST cannot be reached from here: there is no route to this host.', hints: [retry] },
  ENETUNREACH: { message: 'HOST cannot be reached from here: there is no route to its network.', hints: [retry] },
  ECONNRESET: reset,
  EPIPE: reset,
  UND_ERR_SOCKET: cut,
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: cut,
  UND_ERR_HEADERS_OVERFLOW: { message: 'HOST responded with too many headers.', hints: [retry], responded: true },
  STS_TOO_LARGE: {
    message: 'HOST responded with more than 64 MiB.',
    hints: ['Check that the URL is that of StackState.'],
    responded: true,
  },
  HPE_INVALID_CONSTANT: notHttp,
  HPE_INVALID_VERSION: notHttp,
  HPE_INVALID: notHttp,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_UNTRUSTED: untrusted,
  CERT_HAS_EXPIRED: {
    message: 'The certificate of HOST has expired.',
    hints: ['Check the clock of this machine. If it is right, have the certificate renewed on the server.'],
  },
  CERT_NOT_YET_VALID: {
    message: 'The certificate of HOST is not valid yet.',
    hints: ['Check the clock of this machine, and the clock of the machine that issued the certificate.'],
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    message: 'The certificate of HOST is for another host name.',
    hints: ['Use the host name of the certificate in the URL, or have a certificate issued for this host name.'],
  },
  ERR_SSL_WRONG_VERSION_NUMBER: {
    message: 'HOST does not speak TLS on this port (CODE).',
    hints: ['Use another port, or a URL that begins with http:// if this StackState has no TLS.'],
  },
  ERR_SSL_ALERT_PROTOCOL_VERSION: {
    message: 'HOST supports no version of TLS that this program accepts (CODE).',
    hints: [oldTls],
  },
  ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED: {
    message: 'HOST does not support secure renegotiation of TLS (RFC 5746), so the connection is refused (CODE).',
    hints: ['Have the server, or the proxy in front of it, updated. Often the outdated part is a firewall that inspects TLS.'],
  },
  ERR_SSL_ALERT_CERTIFICATE_REQUIRED: clientCertificate,
  ERR_SSL_ALERT_HANDSHAKE_FAILURE: {
    message: 'HOST aborted the TLS handshake (CODE).',
    hints: [
      'It may demand a client certificate, which this program cannot send, or support no cipher of this program.',
      'See what the server offers: openssl s_client -connect HOST',
    ],
  },
  ERR_SSL_ALERT_UNRECOGNIZED_NAME: {
    message: 'HOST has no certificate for the host name in the URL (CODE).',
    hints: ['Use the host name that the certificate is for.'],
  },
};
const alias: Readonly<Record<string, string>> = {
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'ERR_SSL_ALERT_PROTOCOL_VERSION',
  ERR_SSL_NO_PROTOCOLS_AVAILABLE: 'ERR_SSL_ALERT_PROTOCOL_VERSION',
  ERR_SSL_VERSION_TOO_LOW: 'ERR_SSL_ALERT_PROTOCOL_VERSION',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'ERR_SSL_WRONG_VERSION_NUMBER',
  ERR_SSL_HTTP_REQUEST: 'ERR_SSL_WRONG_VERSION_NUMBER',
  ERR_SSL_UNKNOWN_PROTOCOL: 'ERR_SSL_WRONG_VERSION_NUMBER',
  ERR_SSL_ALERT_BAD_CERTIFICATE: 'ERR_SSL_ALERT_CERTIFICATE_REQUIRED',
};

/** The error for a request without a complete response. Its message does not say what the request may have changed. */
export function explainFailure(error: unknown, url: string): StsError {
  const { host, hostname, port, protocol } = new URL(url);
  if (blame(error) !== 'network') return ownFault(error);
  if (error instanceof ProxyError) return explainProxy(error, host);
  if (error instanceof DeadlineError) return deadlinePassed(error, host);
  const code = codeOf(error) ?? '';
  const name = withoutVersion(code);
  const { message, hints, responded } = words[alias[name] ?? name] ?? unlisted(code, error);
  const fill = (text: string) =>
    text
      .replace('-connect HOST', `-connect ${hostname}:${port || '443'}`)
      .replace('HOSTNAME', visible(hostname))
      .replace('HOST', host)
      .replace('CODE', code);
  // A server that expects TLS closes a plain HTTP connection without a response.
  const hungUp = protocol === 'http:' && [cut, reset].includes(words[code] ?? notHttp);
  const details = {
    hints: [...(hungUp ? ['If this port expects TLS, use a URL that begins with https://.'] : []), ...hints.map(fill)],
    cause: error,
  };
  return responded ? new ServerError(fill(message), details) : new ConnectionError(fill(message), details);
}

function unlisted(code: string, error: unknown): Words {
  if (code.startsWith('HPE_') || code === 'STS_MALFORMED' || code.startsWith('UND_ERR_RES')) {
    const why = error instanceof MalformedError ? error.message : 'CODE';
    const message = `HOST sent a malformed HTTP response (${why}).`;
    return { message, hints: ['Check for a proxy or gateway between here and the server.', checkUrl], responded: true };
  }
  if (code === 'EPROTO' || /^ERR_(?:SSL|TLS|OSSL)/.test(code)) {
    const hints = ['See what the server offers: openssl s_client -connect HOST'];
    return { message: 'No TLS connection could be made to HOST (CODE).', hints };
  }
  return { message: `The connection to HOST failed (CODE).`, hints: [retry] };
}

function deadlinePassed(error: DeadlineError, host: string): ConnectionError {
  const what = error.responding ? 'no complete response' : 'no response';
  const { proxy } = error;
  const byProxy = proxy === undefined ? [] : [`The request went through the proxy ${proxy.name}. ${proxyHint(proxy, host)}`];
  return new ConnectionError(`${host} gave ${what} within ${error.timeoutMs / 1000} s.`, {
    hints: ['Try again, or allow more time with --timeout, for example --timeout 2m.', ...byProxy],
    cause: error,
  });
}

/** The error for a failure that this program or this machine caused. */
function ownFault(error: unknown): StsError {
  if (blame(error) === 'machine') {
    return new StsError(ExitCode.server, `This machine has run out of a resource that a connection needs (${codeOf(error)}).`, {
      hints: ['Check its memory, its disk and its limits (ulimit -a), then try again.'],
      cause: error,
    });
  }
  const reason = error instanceof Error ? `${error.name}: ${visible(error.message)}` : visible(String(error));
  return new StsError(ExitCode.server, `This program failed, not the network: ${reason}.`, {
    hints: ['Check the free memory of this machine. If there is enough, this is a defect of sts: please report it.'],
    cause: error,
  });
}

/** The error for a proxy that failed or refused. It names the setting to check. */
function explainProxy({ proxy, status, cause }: ProxyError, host: string): ConnectionError {
  const { name, variable } = proxy;
  const settings = proxyHint(proxy, host);
  if (status === 407) {
    const form = `${variable}=http://USER:PASSWORD@HOST:PORT`;
    const [message, remedy] = proxy.hasUser
      ? [
          `does not accept the user and the password given in ${variable}`,
          'Correct them, and percent-encode special characters (% as %25, # as %23, / as %2F, ? as %3F, @ as %40)',
        ]
      : ['demands a user and a password', 'Put them in its URL'];
    return new ConnectionError(`The proxy ${name} ${message}.`, { hints: [`${remedy}: ${form}`, settings], cause });
  }
  if (status !== undefined) {
    return new ConnectionError(`The proxy ${name} refused to connect to ${host} (${status}).`, { hints: [settings], cause });
  }
  const why = cause instanceof MalformedError ? cause.message : (codeOf(cause) ?? 'the connection failed');
  return new ConnectionError(`The proxy ${name} cannot be used (${why}).`, { hints: [settings], cause });
}

function proxyHint({ variable, fromEnvironment }: ProxyLabel, host: string): string {
  return fromEnvironment
    ? `${variable} names this proxy; add ${host} to NO_PROXY to connect directly.`
    : `${variable} names this proxy.`;
}
