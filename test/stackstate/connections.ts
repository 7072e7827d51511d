import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';

export type TlsSettings = Pick<TlsOptions, 'cert' | 'key' | 'ca' | 'requestCert' | 'rejectUnauthorized'>;

type Listener = (message: IncomingMessage, response: ServerResponse) => void;

/** Creates an HTTP server, or with a certificate an HTTPS server. It accepts long headers. */
export function createHttpServer(tls: TlsSettings | undefined, onRequest: Listener): Server {
  const limits = { maxHeaderSize: 131_072 };
  return tls === undefined ? createServer(limits, onRequest) : createTlsServer({ ...limits, ...tls }, onRequest);
}

/** Tracks the TCP connections of a server by the client's port, and counts them. */
export function trackConnections(server: Server): {
  readonly sockets: ReadonlyMap<number | undefined, Socket>;
  readonly counts: { readonly connections: number; readonly tlsHandshakes: number };
} {
  const sockets = new Map<number | undefined, Socket>();
  const counts = { connections: 0, tlsHandshakes: 0 };
  server.on('connection', (socket: Socket) => {
    // With TLS there is a second event for the same connection. Only the TCP connection counts.
    if (sockets.has(socket.remotePort) || 'encrypted' in socket) return;
    const port = socket.remotePort;
    counts.connections += 1;
    sockets.set(port, socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(port));
  });
  server.on('secureConnection', () => {
    counts.tlsHandshakes += 1;
  });
  return { sockets, counts };
}
