import { ConnectionError, ExitCode, ServerError, StsError } from '../errors.ts';
import { visible } from '../escape.ts';
import { blame, codeOf, DeadlineError, MalformedError, ProxyError, withoutVersion } from './failure.ts';
import type { ProxyLabel } from './proxy.ts';

interface Words {
  /** A sentence; `HOST` and `CODE` stand for what they say. */
  readonly message: string;
  readonly hints: readonly string[];
  /** The server responded, but wrongly: exit 2 instead of 4. */
  readonly responded?: true;
}

const checkUrl = 'Check that the URL names StackState, and whether it begins with http:// or https://.';
const retry = 'Check the URL (--url, STS_CLI_URL or the context), the network and the proxy settings, then try again.';
const addCa =
  "If it is one of your own, give its certificate, an intermediate one or the server's with --ca-cert-path FILE.pem (or STS_CA_CERT_PATH).";
const oldTls = 'Have the server or the proxy in front of it updated: this program takes TLS 1.2 and later.';

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
  hints: ['This program has none to show: ask for a URL that takes the token alone.'],
};

/** Messages and hints by error code. */
const words: Readonly<Record<string, Words>> = {
  ENOTFOUND: notFound,
  EAI_AGAIN: notFound,
  EAI_FAIL: notFound,
  EAI_NODATA: notFound,
  ECONNREFUSED: { message: 'HOST refused the connection: nothing listens there.', hints: [retry] },
  ETIMEDOUT: { message: 'HOST did not respond to the attempt to connect.', hints: [retry] },
  EHOSTUNREACH: { message: 'HOST cannot be reached from here: there is no route to this host.', hints: [retry] },
  ENETUNREACH: { message: 'HOST cannot be reached from here: there is no route to its network.', hints: [retry] },
  ECONNRESET: reset,
  EPIPE: reset,
  UND_ERR_SOCKET: cut,
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: cut,
  UND_ERR_HEADERS_OVERFLOW: { message: 'HOST responded with more headers than are taken.', hints: [retry], responded: true },
  STS_TOO_LARGE: {
    message: 'HOST responded with more than 64 MiB.',
    hints: ['Check that the URL names StackState.'],
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
    hints: ['Have the certificate renewed on the server; check the clock of this machine.'],
  },
  CERT_NOT_YET_VALID: {
    message: 'The certificate of HOST is not valid yet.',
    hints: ['Check the clock of this machine, and that of the machine that made the certificate.'],
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    message: 'The certificate of HOST is for another host name.',
    hints: ['Use the host name of the certificate in the URL, or have the certificate made for this one.'],
  },
  ERR_SSL_WRONG_VERSION_NUMBER: {
    message: 'HOST does not speak TLS on this port (CODE).',
    hints: ['Use another port, or a URL that begins with http:// if this StackState has no TLS.'],
  },
  ERR_SSL_ALERT_PROTOCOL_VERSION: {
    message: 'HOST speaks no version of TLS that this program takes (CODE).',
    hints: [oldTls],
  },
  ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED: {
    message: 'HOST lacks secure renegotiation of TLS (RFC 5746), so the connection is refused (CODE).',
    hints: ['Have the server or the proxy in front of it updated: a firewall that inspects TLS is often what is too old.'],
  },
  ERR_SSL_ALERT_CERTIFICATE_REQUIRED: clientCertificate,
  ERR_SSL_ALERT_HANDSHAKE_FAILURE: {
    message: 'HOST broke the TLS handshake off (CODE).',
    hints: [
      'It may demand a client certificate, which this program has not, or have no cipher in common with it.',
      'See what it offers: openssl s_client -connect HOST',
    ],
  },
  ERR_SSL_ALERT_UNRECOGNIZED_NAME: {
    message: 'HOST does not know the host name of the URL (CODE).',
    hints: ['Use the name that its certificate is for.'],
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

/** The error to show for a request without a whole response. It says nothing of what the request may have changed. */
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
  // A server that expects TLS closes a connection that speaks plain HTTP without a response.
  const hungUp = protocol === 'http:' && [cut, reset].includes(words[code] ?? notHttp);
  const details = {
    hints: [...(hungUp ? ['If this port expects TLS, the URL begins with https://.'] : []), ...hints.map(fill)],
    cause: error,
  };
  return responded ? new ServerError(fill(message), details) : new ConnectionError(fill(message), details);
}

function unlisted(code: string, error: unknown): Words {
  if (code.startsWith('HPE_') || code === 'STS_MALFORMED' || code.startsWith('UND_ERR_RES')) {
    const why = error instanceof MalformedError ? error.message : 'CODE';
    const message = `HOST sent a malformed HTTP response (${why}).`;
    return { message, hints: ['Look for a proxy or gateway on the way.', checkUrl], responded: true };
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
  const byProxy = proxy === undefined ? [] : [`The request went by the proxy ${proxy.name}. ${proxyHint(proxy, host)}`];
  return new ConnectionError(`${host} gave ${what} within ${error.timeoutMs / 1000} s.`, {
    hints: ['Try again, or allow more time with --timeout, for example --timeout 2m.', ...byProxy],
    cause: error,
  });
}

/** The error for a failure of this program or this machine. */
function ownFault(error: unknown): StsError {
  if (blame(error) === 'machine') {
    return new StsError(ExitCode.server, `This machine has run out of something that a connection needs (${codeOf(error)}).`, {
      hints: ['Look at its memory, its disk and its limits (ulimit -a), then try again.'],
      cause: error,
    });
  }
  const reason = error instanceof Error ? `${error.name}: ${visible(error.message)}` : visible(String(error));
  return new StsError(ExitCode.server, `This program failed, not the network: ${reason}.`, {
    hints: ['Look at the memory of this machine. If it has enough, this is a defect of sts: please report it.'],
    cause: error,
  });
}

/** The error for a proxy that failed or refused, with the setting to look at. */
export function explainProxy({ proxy, status, cause }: ProxyError, host: string): ConnectionError {
  const { name, variable } = proxy;
  const settings = proxyHint(proxy, host);
  if (status === 407) {
    const form = `${variable}=http://USER:PASSWORD@HOST:PORT`;
    const [message, remedy] = proxy.hasUser
      ? [
          `does not accept the user and the password given in ${variable}`,
          'Correct them, special characters percent-encoded (% as %25, # as %23, / as %2F, ? as %3F, @ as %40)',
        ]
      : ['demands a user and a password', 'Put them into its URL'];
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
    ? `${variable} names this proxy; add ${host} to NO_PROXY to go there directly.`
    : `${variable} names this proxy.`;
}
