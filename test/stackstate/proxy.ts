import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type CertificateOptions, createCertificate } from './certificates.ts';
import { listen } from './listen.ts';

export interface ProxyOptions {
  /** Whether the proxy itself is reached over HTTPS. An object gives options for its certificate. */
  readonly tls?: boolean | CertificateOptions;
  /** The credentials (Basic) that the proxy demands. Without them it responds with 407. */
  readonly credentials?: { readonly user: string; readonly password: string };
  /** `refuse`: responds with 403 to everything. `silent`: accepts every request and never responds. Default: `forward`. */
  readonly behaviour?: 'forward' | 'refuse' | 'silent';
}

export interface ProxyRequest {
  readonly method: string;
  /** `host:port` of a CONNECT, else the absolute URL. */
  readonly target: string;
  readonly host: string;
  readonly headers: IncomingHttpHeaders;
}

/** A running proxy. It resolves every host name to this machine, so that no request leaves the machine. */
export interface RunningProxy {
  readonly url: string;
  readonly port: number;
  /** The CA certificate to trust for the proxy's own certificate; empty without TLS. */
  readonly caPem: string;
  /** Every request that the proxy received, in order. It cannot see requests in a tunnel. */
  readonly requests: readonly ProxyRequest[];
  /** The number of CONNECT requests. */
  readonly connects: number;
  /** The number of bytes sent to servers through tunnels. */
  readonly tunnelled: number;
  /** Ends all connections at once. */
  close(): Promise<void>;
}

/** Starts an HTTP proxy on a real socket of 127.0.0.1: CONNECT for https, absolute URLs for http. */
export async function startProxy(options: ProxyOptions = {}): Promise<RunningProxy> {
  const behaviour = options.behaviour ?? 'forward';
  const requests: ProxyRequest[] = [];
  const sockets = new Set<Duplex>();
  let tunnelled = 0;
  const keep = <Stream extends Duplex>(socket: Stream): Stream => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    return socket;
  };
  const see = (message: IncomingMessage): void => {
    const { method = '', url: target = '', headers } = message;
    requests.push({ method, target, host: hostOf(target), headers });
  };

  const onRequest = (message: IncomingMessage, response: ServerResponse) => {
    see(message);
    if (behaviour === 'silent') return;
    const refusal = refusalOf(message, options);
    if (refusal !== undefined) {
      response.writeHead(refusal.status, refusal.headers).end();
      return;
    }
    forward(message, response);
  };
  const onConnect = (message: IncomingMessage, client: Duplex, head: Buffer) => {
    keep(client);
    see(message);
    if (behaviour === 'silent') return;
    const refusal = refusalOf(message, options);
    if (refusal !== undefined) {
      const headers = Object.entries(refusal.headers).map(([name, value]) => `${name}: ${value}\r\n`);
      client.end(`HTTP/1.1 ${refusal.status} Refused\r\n${headers.join('')}Content-Length: 0\r\n\r\n`);
      return;
    }
    const server = keep(connect(portOf(message.url ?? '', 443), '127.0.0.1'));
    server.once('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      server.write(head);
      client.on('data', (chunk: Buffer) => {
        tunnelled += chunk.length;
      });
      client.pipe(server).pipe(client);
    });
    server.once('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n'));
    client.once('close', () => server.destroy());
    server.once('close', () => client.destroy());
  };

  const certificate = options.tls ? await createCertificate(options.tls === true ? {} : options.tls) : undefined;
  const server: Server = certificate === undefined ? createServer(onRequest) : createTlsServer({ ...certificate }, onRequest);
  server.on('connect', onConnect);
  server.on('connection', (socket: Socket) => keep(socket));
  const port = await listen(server, 0);
  return {
    url: `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    caPem: certificate?.caPem ?? '',
    requests,
    get connects() {
      return requests.filter(({ method }) => method === 'CONNECT').length;
    },
    get tunnelled() {
      return tunnelled;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

function refusalOf(message: IncomingMessage, { behaviour, credentials }: ProxyOptions): Refusal | undefined {
  if (behaviour === 'refuse') return { status: 403, headers: {} };
  if (credentials === undefined) return undefined;
  const expected = `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}`;
  if (message.headers['proxy-authorization'] === expected) return undefined;
  return { status: 407, headers: { 'Proxy-Authenticate': 'Basic realm="proxy"' } };
}

function forward(message: IncomingMessage, response: ServerResponse): void {
  const url = URL.canParse(message.url ?? '') ? new URL(message.url ?? '') : undefined;
  if (url?.protocol !== 'http:') {
    response.writeHead(400).end();
    return;
  }
  const { 'proxy-authorization': _, 'proxy-connection': __, ...headers } = message.headers;
  const { method = 'GET' } = message;
  const onward = request(
    { host: '127.0.0.1', port: url.port || 80, method, path: url.pathname + url.search, headers, agent: false },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.on('error', () => response.destroy()).pipe(response);
    },
  );
  onward.on('error', () => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end();
  });
  response.once('close', () => onward.destroy());
  message.pipe(onward);
}

function hostOf(target: string): string {
  const url = target.includes('://') ? target : `https://${target}`;
  return URL.canParse(url) ? new URL(url).hostname : '';
}

function portOf(authority: string, otherwise: number): number {
  return Number(/:(\d+)$/.exec(authority)?.[1] ?? otherwise);
}
