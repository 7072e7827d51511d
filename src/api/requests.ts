import type { Settings, Token, TokenKind } from '../config/model.ts';
import { ConfigError, OutcomeUnknownError, ServerError, type StsError } from '../errors.ts';
import { basic, credentialsOf } from '../http/proxy.ts';
import { type HttpResponse, Transport, TransportError, type TransportRequest } from '../http/transport.ts';
import type { TrustStores } from '../http/trust.ts';
import { decodeJson } from './decode.ts';
import type { CallOptions } from './model.ts';

export interface ApiOptions {
  readonly settings: Pick<Settings, 'url' | 'basicAuth' | 'apiPath' | 'token' | 'caCertificates' | 'skipSsl' | 'timeoutMs'>;
  /** Where the proxy settings and the places of CA certificates are read from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Version of this program, for `User-Agent`. */
  readonly version: string;
  /** Takes a line for each request: method, URL, status, duration. */
  readonly log?: (line: string) => void;
  /** Takes a warning, one sentence: a CA certificate that cannot be read. */
  readonly warn?: (line: string) => void;
  /** The CA certificates that other clients of the same run have read. */
  readonly trustStores?: Pick<TrustStores, 'open'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds of a clock that is never set, for the deadline. Default: `performance.now()`. */
  readonly monotonic?: () => number;
  /** Rejects once the signal is aborted. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** Parts of a path, not encoded. Each is encoded when the path is built, so that no id can lead to another resource. */
export type Segments = readonly string[];

/** A response to a request that changes something, and when that request began to be sent (milliseconds since the epoch). */
export type ChangeResponse = HttpResponse & { readonly sentAt: number };

const tokenHeaders: Readonly<Record<TokenKind, string>> = {
  'api-token': 'X-API-Token',
  'service-token': 'X-API-Key',
  'k8s-sa-token': 'X-API-ServiceBearer',
};

/** How a request is authenticated: the client's own token unless another is given; undefined sends none. */
export interface As {
  readonly token: Token | undefined;
}

/** What all resources of one StackState share: sending requests with the token, and the errors for what goes wrong. */
export class Requests {
  /** Host and port of the server, for messages. */
  readonly host: string;
  readonly #options: ApiOptions;
  readonly #url: string;
  readonly #basePath: string;
  readonly #credentials: string;
  readonly #transport: Transport;
  #token: Token;

  /** @throws ConfigError when the user and the password in the URL cannot be decoded. */
  constructor(options: ApiOptions) {
    const { settings, log = () => {}, ...rest } = options;
    const { url, credentials: written } = withoutUser(settings.url);
    const credentials = settings.basicAuth ?? written;
    this.host = url.host;
    this.#options = options;
    this.#url = url.href;
    this.#basePath = url.pathname.replace(/\/$/, '');
    this.#credentials = credentials;
    this.#token = settings.token;
    const { caCertificates, skipSsl, timeoutMs } = settings;
    this.#transport = new Transport({
      ...rest,
      log,
      url: this.#url,
      skipSsl,
      timeoutMs,
      ...(caCertificates === undefined ? {} : { caCertificates }),
      headers: {
        accept: 'application/json',
        'user-agent': `StackStateCLI/${options.version}`,
        ...(credentials === '' ? {} : { authorization: basic(credentials) }),
      },
    });
  }

  useToken(token: Token): void {
    this.#token = token;
  }

  /** The path of a resource under the API. */
  path(segments: Segments, query = ''): string {
    // The API path is encoded already.
    return `${this.#basePath}${this.#options.settings.apiPath}${joined(segments)}${query}` || '/';
  }

  /** The path of a resource under the server's URL. */
  rootPath(segments: Segments, query = ''): string {
    return `${this.#basePath}${joined(segments)}${query}`;
  }

  /** Sends what changes nothing. @throws ConnectionError, ServerError when no response came. */
  async read(request: ReadRequest, { signal }: CallOptions, as: As = { token: this.#token }): Promise<HttpResponse> {
    try {
      const headers = { ...tokenHeader(as.token), ...request.headers };
      return await this.#transport.send({ ...request, changes: false, headers, ...(signal && { signal }) });
    } catch (error) {
      throw error instanceof TransportError ? await this.#explained(error) : error;
    }
  }

  /**
   * Sends what changes something, once.
   * @param what what was sent, for the message when the response is lost: `The request to ... was sent to ...`.
   * @throws OutcomeUnknownError when it may have taken effect, ConnectionError when it was not sent.
   */
  async change(request: Omit<ReadRequest, 'headers'>, what: string, { signal }: CallOptions): Promise<ChangeResponse> {
    const sentAt = this.#options.now();
    try {
      const sent = { ...request, changes: true, headers: tokenHeader(this.#token), ...(signal && { signal }) };
      return { ...(await this.#transport.send(sent)), sentAt };
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      const explained = await this.#explained(error);
      if (error.sent) {
        throw new OutcomeUnknownError(`${what}, but its response was lost. ${explained.message}`, { sentAt, cause: error.cause });
      }
      const done = request.method === 'POST' ? 'created' : 'deleted';
      throw explained.because(`Nothing reached the server, nothing was ${done}.`);
    }
  }

  /**
   * The error for a response that is no success.
   * @param permissions hints for a 403: which permissions the token needs.
   * @param secrets what else was sent and must not be shown.
   */
  async refusal(response: HttpResponse, permissions: readonly string[], ...secrets: string[]): Promise<StsError> {
    const { explainRefusal } = await import('./explain.ts');
    const { kind, value } = this.#token;
    return explainRefusal(response, {
      host: this.host,
      tokenKind: kind,
      basic: this.#credentials !== '',
      permissions,
      secrets: [value, secretIn(this.#credentials), ...secrets],
    });
  }

  /** The error for a response that makes no sense. @param what follows the server's name. */
  senseless(what: string): StsError {
    return new ServerError(`${this.host} ${what}.`, { hints: this.urlHints() });
  }

  /** What to check when this server seems to be no StackState. */
  urlHints(): string[] {
    const twice = /^(.*)\/api$/.exec(this.#basePath);
    const check = 'Check the URL and the API path (--url, STS_CLI_API_PATH, the context): the API is under /api as a rule.';
    if (twice === null || this.#options.settings.apiPath === '') return [check];
    return [
      `The URL ends in /api, and the API path ${this.#options.settings.apiPath} comes after it: drop /api from the URL.`,
      check,
    ];
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  async #explained({ cause }: TransportError): Promise<StsError> {
    const { explainFailure } = await import('../http/explain.ts');
    return explainFailure(cause, this.#url);
  }
}

type ReadRequest = Omit<TransportRequest, 'changes' | 'signal'>;

function joined(segments: Segments): string {
  return segments.map((segment) => `/${encodeURIComponent(segment)}`).join('');
}

function tokenHeader(token: Token | undefined): Record<string, string> {
  return token === undefined ? {} : { [tokenHeaders[token.kind]]: token.value };
}

/** The secret part of `user:password`: the password, or the user when there is no password. */
function secretIn(credentials: string): string {
  const colon = credentials.indexOf(':');
  return credentials.slice(colon + 1) || credentials.slice(0, Math.max(0, colon));
}

/** A URL without the user and the password in it, and these, decoded. */
function withoutUser(text: string): { readonly url: URL; readonly credentials: string } {
  const url = new URL(text);
  const credentials = credentialsOf(url);
  if (credentials === undefined) {
    throw new ConfigError(`The user or the password in the URL of ${url.host} is not percent-encoded as it should be.`, {
      hints: ['Special characters are percent-encoded: % as %25, # as %23, / as %2F, ? as %3F, @ as %40.'],
    });
  }
  url.username = '';
  url.password = '';
  return { url, credentials };
}

/** The body as JSON; undefined when it is none. */
export function tryDecode(response: Pick<HttpResponse, 'body'>): unknown {
  try {
    return decodeJson(response.body);
  } catch {
    return undefined;
  }
}
