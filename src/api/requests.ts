import type { Settings, Token, TokenKind } from '../config/model.ts';
import { ConnectionError, OutcomeUnknownError, ServerError, type StsError } from '../errors.ts';
import { explainFailure } from '../http/failure.ts';
import { type HttpResponse, Transport, TransportError, type TransportRequest } from '../http/transport.ts';
import { decodeJson } from './decode.ts';
import type { CallOptions } from './model.ts';

export interface ApiOptions {
  readonly settings: Pick<Settings, 'url' | 'apiPath' | 'token' | 'caCertificates' | 'skipSsl' | 'timeoutMs'>;
  /** Where the proxy settings and the places of CA certificates are read from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Version of this program, for `User-Agent`. */
  readonly version: string;
  /** Takes a line for each request: method, URL, status, duration. */
  readonly log?: (line: string) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Rejects once the signal is aborted. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** Parts of a path, raw: each is encoded where the path is made, so that none can reach another resource. */
export type Segments = readonly string[];

/** A response to a request that changes something, and when that request began to be sent (milliseconds since the epoch). */
export type ChangeResponse = HttpResponse & { readonly sentAt: number };

const tokenHeaders: Readonly<Record<TokenKind, string>> = {
  'api-token': 'X-API-Token',
  'service-token': 'X-API-Key',
  'k8s-sa-token': 'X-API-ServiceBearer',
};

/** What all resources of one StackState share: sending requests with its token, and the words for what goes wrong. */
export class Requests {
  /** Host and port of the server, for messages. */
  readonly host: string;
  readonly #options: ApiOptions;
  readonly #basePath: string;
  readonly #transport: Transport;
  #token: Token;

  constructor(options: ApiOptions) {
    const { settings } = options;
    const base = new URL(settings.url);
    this.host = base.host;
    this.#options = options;
    this.#basePath = base.pathname.replace(/\/$/, '');
    this.#token = settings.token;
    this.#transport = new Transport({
      ...settings,
      env: options.env,
      headers: { accept: 'application/json', 'user-agent': `StackStateCLI/${options.version}` },
      log: options.log ?? (() => {}),
      now: options.now,
      sleep: options.sleep,
    });
  }

  useToken(token: Token): void {
    this.#token = token;
  }

  /** The path of a resource under the API. */
  path(segments: Segments, query = ''): string {
    return `${this.#basePath}${this.#options.settings.apiPath}/${segments.map(encodeURIComponent).join('/')}${query}`;
  }

  /** Sends what changes nothing. @throws ConnectionError, ServerError when no response came. */
  async read(request: Omit<TransportRequest, 'changes' | 'headers'>, { signal }: CallOptions): Promise<HttpResponse> {
    try {
      return await this.#transport.send({ ...request, changes: false, headers: this.#tokenHeader(), ...(signal && { signal }) });
    } catch (error) {
      throw error instanceof TransportError ? explainFailure(error.cause, this.#options.settings.url) : error;
    }
  }

  /**
   * Sends what changes something, once.
   * @param what says in the words of a message what was sent, should the response be lost.
   * @throws OutcomeUnknownError when it may have taken effect, ConnectionError when it was not sent.
   */
  async change(
    request: Omit<TransportRequest, 'changes' | 'headers'>,
    what: string,
    { signal }: CallOptions,
  ): Promise<ChangeResponse> {
    const sentAt = this.#options.now();
    try {
      const sent = { ...request, changes: true, headers: this.#tokenHeader(), ...(signal && { signal }) };
      return { ...(await this.#transport.send(sent)), sentAt };
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      const explained = explainFailure(error.cause, this.#options.settings.url);
      if (error.sent)
        throw new OutcomeUnknownError(`${what}, but its answer was lost. ${explained.message}`, { sentAt, cause: error.cause });
      throw new ConnectionError(
        `${explained.message} Nothing was sent, nothing was ${request.method === 'POST' ? 'created' : 'deleted'}.`,
        { hints: explained.hints, cause: error.cause },
      );
    }
  }

  /** The error for a response that is no success. @param secrets what was sent and must not be shown, besides the token. */
  async refusal({ status, location, ...response }: HttpResponse, ...secrets: string[]): Promise<StsError> {
    const [{ explainRefusal }, { readTrouble }] = await Promise.all([import('./explain.ts'), import('./trouble.ts')]);
    const { reason } = readTrouble(tryDecode(response));
    const { kind, value } = this.#token;
    return explainRefusal({ host: this.host, tokenKind: kind, status, location, reason, secrets: [value, ...secrets] });
  }

  /** The error for a response that makes no sense. @param what follows the server's name. */
  async senseless(what: string): Promise<StsError> {
    const { checkUrl } = await import('./explain.ts');
    return new ServerError(`${this.host} ${what}.`, { hints: [checkUrl] });
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  #tokenHeader(): Record<string, string> {
    return { [tokenHeaders[this.#token.kind]]: this.#token.value };
  }
}

/** The body as JSON; undefined when it is none. */
export function tryDecode(response: Pick<HttpResponse, 'body'>): unknown {
  try {
    return decodeJson(response.body);
  } catch {
    return undefined;
  }
}
