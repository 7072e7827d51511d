import { ConfigError, OutcomeUnknownError, type StsError } from '../errors.ts';
import type { RequestHeaders } from '../http/connection.ts';
import { type HttpResponse, Transport, TransportError } from '../http/transport.ts';
import type { Access } from './access.ts';
import type { ClientCertificate, Credentials } from './credentials.ts';
import { type Fields, isFields } from './entry.ts';
import { explainLost, explainLostChange } from './failure.ts';
import type { Verb } from './refusal.ts';
import { namespaces, pathOf, type Target, titleOf } from './resources.ts';

export interface CallerOptions {
  readonly access: Access;
  /** Deadline for one request with all its repetitions, in milliseconds. */
  readonly timeoutMs: number;
  /** Where the proxy settings are read from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Version of this program, for `User-Agent`. */
  readonly version: string;
  /** Takes a line for each request: method, URL, status, duration. */
  readonly log?: (line: string) => void;
  /** Takes a sentence about settings that are used only in part. */
  readonly warn?: (line: string) => void;
  readonly now: () => number;
  readonly monotonic: () => number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export interface ApiCall extends Target {
  readonly verb: Verb;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Fields;
  readonly headers?: RequestHeaders;
  /** The server does all but keep the change. */
  readonly dryRun?: boolean;
  /** What of the body is secret, in every form in which it stands there. */
  readonly secrets?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

const methods = { get: 'GET', list: 'GET', create: 'POST', patch: 'PATCH', delete: 'DELETE' } as const;
/** Statuses of a server that says it knows no such request at all. */
const neverTried = new Set([501, 505]);

/** Sends requests to one API server with the credentials of the moment. Nothing is connected before the first one. */
export class Caller {
  readonly access: Access;
  readonly #options: CallerOptions;
  #transport: { readonly of: ClientCertificate | undefined; readonly transport: Transport } | undefined;

  constructor(options: CallerOptions) {
    this.access = options.access;
    this.#options = options;
  }

  /**
   * Sends one request, a change at most once, and gives the object of the response. A GET is repeated as the transport does it, and once
   * more with new credentials where those used are refused and others can be had.
   * @throws UnauthorizedError 401; ForbiddenError 403; ObjectMissingError 404; ConflictError 409; InvalidObjectError 422; ServerError for
   * other statuses and for what is not JSON; ConnectionError; OutcomeUnknownError where a change may or may not have taken effect.
   */
  async call(call: ApiCall): Promise<Fields> {
    const source = this.access.credentials;
    const sentAt = this.#options.now();
    let credentials = await source.get(false, call.signal);
    let response = await this.#send(call, credentials, sentAt);
    if (response.status === 401 && methods[call.verb] === 'GET' && source.renewable) {
      const refused = credentials;
      credentials = await source.get(true, call.signal);
      if (!sameCredentials(refused, credentials)) response = await this.#send(call, credentials, sentAt);
    }
    const data = decode(response.body);
    if (response.status >= 200 && response.status < 300 && isFields(data) && typeof data['kind'] === 'string') return data;
    throw await this.#refusal(call, response, data, credentials, sentAt);
  }

  /** The error for a response that is no success. Explanations are loaded when something has to be explained. */
  async #refusal(call: ApiCall, response: HttpResponse, data: unknown, used: Credentials, sentAt: number): Promise<StsError> {
    const { explainRefusal, readStatus } = await import('./refusal.ts');
    const { authorization, clientCertificate } = used;
    const status = readStatus(data, [...(call.secrets ?? []), ...(authorization === undefined ? [] : [authorization])]);
    if (response.status === 404 && status?.about !== undefined) {
      const { explainMissing } = await import('./missing.ts');
      return explainMissing(call, status.about.plural, (name) => this.#namespaceExists(name, call.signal));
    }
    const anonymous = authorization === undefined && clientCertificate === undefined;
    const refused = explainRefusal({ verb: call.verb, target: call, response, status, access: this.access, anonymous });
    if (!changes(call) || !mayHaveChanged(response.status)) return refused;
    const what = `${call.verb} ${titleOf(call)}`;
    return new OutcomeUnknownError(`It is not known whether the request to ${what} took effect. ${refused.message}`, {
      sentAt,
      status: response.status,
      hints: refused.hints,
      cause: refused,
    });
  }

  async close(): Promise<void> {
    await this.#transport?.transport.close();
    this.#transport = undefined;
  }

  /** Undefined where that cannot be found out: few credentials may look. */
  async #namespaceExists(name: string, signal: AbortSignal | undefined): Promise<boolean | undefined> {
    try {
      const credentials = await this.access.credentials.get(false, signal);
      const call: ApiCall = { verb: 'get', resource: namespaces, namespace: '', name, signal };
      const response = await this.#send(call, credentials, this.#options.now());
      return response.status === 200 || (response.status === 404 ? false : undefined);
    } catch (error) {
      if (signal?.aborted) throw error;
      return undefined;
    }
  }

  async #send(call: ApiCall, { authorization, clientCertificate }: Credentials, sentAt: number): Promise<HttpResponse> {
    const { access } = this;
    const transport = await this.#transportFor(clientCertificate);
    const query = new URLSearchParams({ ...call.query, ...(call.dryRun ? { dryRun: 'All' } : {}) }).toString();
    const path = `${access.cluster.url.pathname.replace(/\/$/, '')}${pathOf(call, call.verb === 'create')}${query === '' ? '' : `?${query}`}`;
    try {
      return await transport.send({
        method: methods[call.verb],
        path,
        changes: changes(call),
        headers: { ...access.headers, ...call.headers, ...(authorization === undefined ? {} : { authorization }) },
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
        ...(call.signal === undefined ? {} : { signal: call.signal }),
      });
    } catch (error) {
      if (error instanceof ConfigError) throw error.because(`See the ${access.origin}.`);
      if (!(error instanceof TransportError)) throw error;
      throw changes(call)
        ? await explainLostChange(error, `${call.verb} ${titleOf(call)}`, sentAt, access)
        : await explainLost(error, access);
    }
  }

  /** A client certificate belongs to the connection: another one needs another connection. */
  async #transportFor(certificate: ClientCertificate | undefined): Promise<Transport> {
    const current = this.#transport;
    if (current !== undefined && sameCertificate(current.of, certificate)) return current.transport;
    const { access, log, version, ...options } = this.#options;
    const { url, caCertificates, skipSsl, serverName, proxyUrl } = access.cluster;
    const transport = new Transport({
      ...options,
      url: url.href,
      skipSsl,
      // As kubectl does: with a CA of its own, the cluster is not whatever server a public CA speaks for.
      ...(caCertificates === undefined ? {} : { caCertificates, onlyGiven: true }),
      ...(serverName === undefined ? {} : { serverName }),
      ...(proxyUrl === undefined ? {} : { proxyUrl }),
      ...(certificate === undefined ? {} : { clientCertificate: certificate }),
      headers: { accept: 'application/json', 'user-agent': `StackStateCLI/${version}` },
      log: log ?? (() => {}),
    });
    this.#transport = { of: certificate, transport };
    await current?.transport.close();
    return transport;
  }
}

function sameCredentials(one: Credentials, other: Credentials): boolean {
  return one.authorization === other.authorization && sameCertificate(one.clientCertificate, other.clientCertificate);
}

function sameCertificate(one: ClientCertificate | undefined, other: ClientCertificate | undefined): boolean {
  return one?.cert === other?.cert && one?.key === other?.key;
}

function changes({ verb, dryRun }: ApiCall): boolean {
  return methods[verb] !== 'GET' && dryRun !== true;
}

/** Whether a request with such a response may have taken effect: a failure of etcd or a gateway's time limit says nothing of it. */
function mayHaveChanged(status: number): boolean {
  return status < 300 || status === 408 || (status >= 500 && !neverTried.has(status));
}

function decode(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}
