import type { Socket } from 'node:net';
import type { buildConnector as Connectors, Dispatcher } from 'undici';
import { DeadlineError, explainProxy, ProxyError } from './failure.ts';
import { type HttpProxy, type ProxyLabel, proxyFor } from './proxy.ts';
import { type Trust, tlsSettings } from './trust.ts';
import { buildConnector, Client, connect, request, withPatientParser } from './undici.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface ConnectionOptions extends Trust {
  /** Base URL of the server. */
  readonly url: string;
  /** Where the proxy settings are read from. */
  readonly env: Environment;
  /** Takes a line for the user's eyes: by which proxy the way goes, never its credentials. */
  readonly log?: (line: string) => void;
}

/** A header with several values is sent once for each. */
export type RequestHeaders = Readonly<Record<string, string | string[]>>;

export interface ConnectionRequest {
  readonly method: Dispatcher.HttpMethod;
  /** Encoded path and query, from the root of the server. */
  readonly path: string;
  readonly headers: RequestHeaders;
  readonly body: string | null;
}

/** A way to one server: direct, through a proxy's tunnel (https), or by a proxy that forwards (http). Nothing is connected before the first request. */
export interface Connection {
  /**
   * @throws ProxyError when the proxy is what failed, ConnectionError when it answered in place of the server it forwards to, else
   * undici's and the system's errors.
   */
  request(options: ConnectionRequest): Promise<Dispatcher.ResponseData>;
  /** Ends everything within milliseconds, whatever it waits for. */
  destroy(reason: Error): Promise<void>;
}

// The transport has one deadline of its own over everything; undici's would only end requests under other names.
const limits = { headersTimeout: 0, bodyTimeout: 0, maxHeaderSize: 16_384 } as const;

/** @throws ConfigError when the authorities or the proxy's URL cannot be used. */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const url = new URL(options.url);
  const tls = { ...(await tlsSettings(options, options.env)), timeout: 0 };
  const proxy = proxyFor(url, options.env);
  if (proxy === undefined) return observed(direct(clientOf(url.origin, buildConnector(tls))));
  options.log?.(`proxy=${proxy.label.name} from environment ${proxy.label.variable}`);
  return observed(url.protocol === 'https:' ? tunnel(url, proxy, tls) : forward(url, proxy, tls), proxy.label);
}

/** A connection that tells a deadline which ends it how far the request had come. */
function observed(connection: Connection, proxy?: ProxyLabel): Connection {
  let answering = false;
  return {
    async request(options) {
      answering = false;
      const response = await connection.request(options);
      answering = true;
      return response;
    },
    destroy(reason) {
      if (reason instanceof DeadlineError) {
        reason.answering = answering;
        reason.proxy = proxy;
      }
      return connection.destroy(reason);
    },
  };
}

function clientOf(origin: string, connector: Connectors.connector): Client {
  return new Client(origin, { ...limits, connect: withPatientParser(connector) });
}

function direct(client: Client): Connection {
  return {
    request: (options) => request.call(client, { ...options }),
    destroy: (reason) => client.destroy(reason),
  };
}

function forward(url: URL, proxy: HttpProxy, tls: Connectors.BuildOptions): Connection {
  const connector = proxyConnector(tls);
  const toProxy: Connectors.connector = (target, callback) =>
    connector(target, (...[error, socket]) =>
      error ? callback(new ProxyError(proxy.label, error), null) : callback(null, socket as Socket),
    );
  const client = clientOf(proxy.url.origin, toProxy);
  return {
    async request(options) {
      const response = await request.call(client, {
        ...options,
        path: `${url.origin}${options.path}`,
        headers: { ...options.headers, host: url.host, ...authorization(proxy) },
      });
      if (response.statusCode !== 407) return response;
      response.body.on('error', () => {}).destroy();
      // Only a proxy says so. Whatever it refuses it has not passed on: this is no answer of the server, and none that was lost.
      throw explainProxy(new ProxyError(proxy.label, undefined, 407), url.host);
    },
    destroy: (reason) => client.destroy(reason),
  };
}

/** undici takes the name on the proxy's certificate from the request's host header, which names the server behind it. */
function proxyConnector(tls: Connectors.BuildOptions): Connectors.connector {
  const connector = buildConnector(tls);
  return ({ servername: _, ...target }, callback) => connector(target, callback);
}

function tunnel(url: URL, proxy: HttpProxy, tls: Connectors.BuildOptions): Connection {
  const toProxy = clientOf(proxy.url.origin, proxyConnector(tls));
  const secure = buildConnector(tls);
  const connector: Connectors.connector = (target, callback) => {
    openTunnel(toProxy, url, proxy).then(
      (httpSocket) => secure({ ...target, httpSocket }, callback),
      (error: Error) => callback(error, null),
    );
  };
  const client = clientOf(url.origin, connector);
  return {
    request: (options) => request.call(client, { ...options }),
    async destroy(reason) {
      await Promise.all([client.destroy(reason), toProxy.destroy(reason)]);
    },
  };
}

async function openTunnel(toProxy: Client, url: URL, proxy: HttpProxy): Promise<Socket> {
  const host = `${url.hostname}:${url.port || '443'}`;
  const answer = await connect
    .call(toProxy, { origin: proxy.url.origin, path: host, headers: { host, ...authorization(proxy) } })
    .catch((error: unknown) => {
      throw new ProxyError(proxy.label, error);
    });
  if (answer.statusCode === 200) return answer.socket as Socket;
  answer.socket.destroy();
  throw new ProxyError(proxy.label, undefined, answer.statusCode);
}

function authorization(proxy: HttpProxy): Record<string, string> {
  return proxy.authorization === undefined ? {} : { 'proxy-authorization': proxy.authorization };
}
