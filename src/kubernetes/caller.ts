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
  /** Deadline for one request including all its repetitions, in milliseconds. */
  readonly timeoutMs: number;
  /** The environment, which has the proxy settings. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Version of this program, for `User-Agent`. */
  readonly version: string;
  /** Receives a line for each request: method, URL, status, duration. */
  readonly log?: (line: string) => void;
  /** Receives a sentence about settings that are used only in part. */
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
  /** The server checks the change, but does not store it. */
  readonly dryRun?: boolean;
  /** The secrets in the body, in every form in which they occur there. */
  readonly secrets?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

const methods = { get: 'GET', list: 'GET', create: 'POST', patch: 'PATCH', delete: 'DELETE' } as const;
/** Statuses of a server that does not support such a request. */
const neverTried = new Set([501, 505]);

/** Sends requests to one API server with the current credentials. It connects at the first request. */
export class Caller {
  readonly access: Access;
  readonly #options: CallerOptions;
  #transport: { readonly of: ClientCertificate | undefined; readonly transport: Transport } | undefined;

  constructor(options: CallerOptions) {
    this.access = options.access;
    this.#options = options;
  }

  /**
   * Sends one request and returns the object in the response. A change is sent at most once. A GET is repeated as the transport does, and
   * once more with new credentials if the first ones are refused and can be renewed.
   * @throws UnauthorizedError for 401; ForbiddenError for 403; ObjectMissingError for 404; ConflictError for 409; InvalidObjectError for
   * 422; ServerError for other statuses and for a body that is not JSON; ConnectionError; OutcomeUnknownError when a change may or may not
   * have taken effect.
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

  /** The error for a response with an error status. The modules that explain errors are loaded only here. */
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

  /** Undefined if that cannot be found out, because most credentials may not read namespaces. */
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

  /** A client certificate belongs to a connection, so another certificate needs another connection. */
  async #transportFor(certificate: ClientCertificate | undefined): Promise<Transport> {
    const current = this.#transport;
    if (current !== undefined && sameCertificate(current.of, certificate)) return current.transport;
    const { access, log, version, ...options } = this.#options;
    const { url, caCertificates, skipSsl, serverName, proxyUrl } = access.cluster;
    const transport = new Transport({
      ...options,
      url: url.href,
      skipSsl,
      // As in kubectl: if the cluster has its own CA certificates, only these are trusted, so that a server with a certificate of a public
      // CA cannot pose as the cluster.
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

/**
 * Whether a request may have taken effect despite a response with this status. After a failure of etcd or a timeout of a gateway that is
 * not known.
 */
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
