import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { Server as NetServer, Socket } from 'node:net';
import { createServer as createSocketServer } from 'node:net';
import { onTestFinished } from 'vitest';
import { Transport, type TransportOptions } from '../../src/http/transport.ts';
import { listen } from '../stackstate/listen.ts';

export interface OpenServer {
  readonly port: number;
  readonly url: string;
}

/** A server that behaves as only this test wants it, closed when the test has finished. */
export async function serve(listener: RequestListener, tls?: ServerOptions): Promise<OpenServer> {
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.on('tlsClientError', () => {});
  return opened(server, tls === undefined ? 'http' : 'https');
}

/** A server below HTTP: gets each socket as it is connected. */
export async function serveSockets(onSocket: (socket: Socket) => void, scheme = 'http'): Promise<OpenServer> {
  return opened(createSocketServer(onSocket), scheme);
}

async function opened(server: Server | NetServer, scheme: string): Promise<OpenServer> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  const port = await listen(server, 0);
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port, url: `${scheme}://127.0.0.1:${port}` };
}

/** A transport to a server, closed when the test has finished. */
export function transportTo(url: string, options: Partial<TransportOptions> = {}): Transport {
  const transport = new Transport({
    url,
    env: {},
    skipSsl: false,
    timeoutMs: 5000,
    headers: {},
    log: () => {},
    now: Date.now,
    sleep: async () => {},
    ...options,
  });
  onTestFinished(() => transport.close());
  return transport;
}
