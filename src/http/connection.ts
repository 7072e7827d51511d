import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Dispatcher } from 'undici';
import { dial } from './dial.ts';
import { DeadlineError, ProxyError } from './failure.ts';
import { type HttpProxy, hostOf, portOf, proxyAt, proxyFor } from './proxy.ts';
import { type Open, secured } from './secure.ts';
import { type Environment, openTrust, type Trust, type TrustStore, type TrustStores } from './trust.ts';
import { Client, connectorOf, type Notes, request } from './undici.ts';

export interface ConnectionOptions extends Trust {
  /** Base URL of the server. */
  readonly url: string;
  /** Where the proxy settings and the places of CA certificates are read from. */
  readonly env: Environment;
  /** A proxy to use whatever the environment says. */
  readonly proxyUrl?: string;
  /** Where connections of the same run find the CA certificates that others have read; default: they are read for this one. */
  readonly trustStores?: Pick<TrustStores, 'open'>;
  /** Takes a line for `--verbose`: which proxy is used, never its credentials. */
  readonly log?: (line: string) => void;
  /** Takes a warning, one sentence: a CA certificate that cannot be read. */
  readonly warn?: (line: string) => void;
}

/** A header with several values is sent once for each. */
export type RequestHeaders = Readonly<Record<string, string | string[]>>;

export interface ConnectionRequest {
  readonly method: Dispatcher.HttpMethod;
  /** Encoded path and query, from the root of the server. */
  readonly path: string;
  readonly headers: RequestHeaders;
  readonly body: string | null;
  /** Called once any of the request may reach the server. */
  readonly onSent: () => void;
}

/** A connection to one server: direct, through a proxy's tunnel (https), or by a proxy that forwards (http). Nothing is connected before the first request. */
export interface Connection {
  /**
   * @throws ProxyError when the proxy failed, or refused the request itself; else the errors of undici and of the system.
   */
  request(options: ConnectionRequest): Promise<Dispatcher.ResponseData>;
  /** Why the last response is malformed although it could be read; undefined when it is not. */
  readonly malformed: string | undefined;
  /** Ends everything within milliseconds, whatever it waits for. */
  destroy(reason: Error): Promise<void>;
}

// The transport has a deadline of its own for the whole request, so undici's are switched off.
const limits = { headersTimeout: 0, bodyTimeout: 0, maxHeaderSize: 16_384 } as const;

interface Route {
  readonly url: URL;
  readonly trust: TrustStore;
  readonly serverName: string | undefined;
  /** Ends what is being connected. */
  readonly signal: AbortSignal;
}

/** @throws ConfigError when the CA certificates or the proxy's URL cannot be used. */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const url = new URL(options.url);
  const proxy =
    options.proxyUrl === undefined
      ? proxyFor(url, options.env)
      : proxyAt(options.proxyUrl, { variable: 'proxy-url', fromEnvironment: false });
  const usesTls = url.protocol === 'https:' || proxy?.url.protocol === 'https:';
  const wanted: Trust = usesTls ? options : { skipSsl: false };
  const { env, warn = () => {}, trustStores = { open: openTrust } } = options;
  const trust = await trustStores.open(wanted, env, warn);
  const ended = new AbortController();
  const route: Route = { url, trust, serverName: options.serverName, signal: ended.signal };
  if (proxy !== undefined) {
    const source = proxy.label.fromEnvironment ? `environment ${proxy.label.variable}` : proxy.label.variable;
    options.log?.(`proxy=${proxy.label.name} from ${source}`);
  }
  return connectionBy(route, proxy, ended);
}

function connectionBy(route: Route, proxy: HttpProxy | undefined, ended: AbortController): Connection {
  const forwards = proxy !== undefined && route.url.protocol !== 'https:';
  const notes: Notes = { malformed: undefined, socket: undefined };
  const open = proxy === undefined ? direct(route) : forwards ? toProxy(route, proxy) : throughProxy(route, proxy);
  const client = new Client((forwards ? proxy.url : route.url).origin, { ...limits, connect: connectorOf(open, notes) });
  let responding = false;
  return {
    async request({ onSent, ...options }) {
      responding = false;
      notes.malformed = undefined;
      const onward = forwards ? forwarded(options, route.url, proxy) : options;
      const response = await noticed(onward, notes, onSent, () => request.call(client, { ...onward }));
      if (forwards && response.statusCode === 407) {
        response.body.on('error', () => {}).destroy();
        // Only a proxy responds with 407. It has not passed the request on, so no response of the server was lost.
        throw new ProxyError(proxy.label, undefined, 407);
      }
      responding = true;
      return response;
    },
    get malformed() {
      return notes.malformed;
    },
    async destroy(reason) {
      if (reason instanceof DeadlineError) {
        reason.responding = responding;
        reason.proxy = proxy?.label;
      }
      ended.abort(reason);
      await client.destroy(reason);
    },
  };
}

function direct({ url, trust, serverName, signal }: Route): Open {
  const open = () => dial(addressOf(url), portOf(url), signal);
  return url.protocol === 'https:' ? secured(open, serverName ?? hostOf(url), trust, signal) : open;
}

/** Connects to the proxy itself. `serverName` is about the server behind it. */
function toProxy({ trust, signal }: Route, { url, label }: HttpProxy): Open {
  const open = direct({ url, trust, serverName: undefined, signal });
  return () =>
    open().catch((error: unknown) => {
      throw new ProxyError(label, error);
    });
}

function throughProxy(route: Route, proxy: HttpProxy): Open {
  const { url, trust, serverName, signal } = route;
  const open: Open = async () => {
    const { tunnelled } = await import('./tunnel.ts');
    return tunnelled(toProxy(route, proxy), `${url.hostname}:${portOf(url)}`, proxy, signal)();
  };
  return secured(open, serverName ?? hostOf(url), trust, signal);
}

type Message = Omit<ConnectionRequest, 'onSent'>;

/** Runs `work` and calls `onSent` when the request leaves. Undici tells that only on a channel that all connections share. */
async function noticed<T>({ method, path }: Message, notes: Notes, onSent: () => void, work: () => Promise<T>): Promise<T> {
  const listen = (message: unknown) => {
    const { socket, request } = message as { socket?: unknown; request?: { method?: string; path?: string } };
    if (socket === notes.socket && request?.method === method && request.path === path) onSent();
  };
  subscribe('undici:client:sendHeaders', listen);
  try {
    return await work();
  } finally {
    unsubscribe('undici:client:sendHeaders', listen);
  }
}

/** The request as a forwarding proxy takes it: with an absolute URL. */
function forwarded(options: Message, url: URL, { authorization }: HttpProxy): Message {
  const credentials = authorization === undefined ? {} : { 'proxy-authorization': authorization };
  return { ...options, path: `${url.origin}${options.path}`, headers: { ...options.headers, host: url.host, ...credentials } };
}

/** The host to look up. Its root dot stays: it keeps the resolver from appending search domains. */
function addressOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}
