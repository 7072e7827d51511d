import { createSecureServer, createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { createCertificate } from './certificates.ts';
import { unauthenticated } from './intake-handlers.ts';
import { listen } from './listen.ts';
import type { StackState } from './server.ts';

export interface OtlpGrpc {
  /** `127.0.0.1:PORT`, the form of a collector's `endpoint`. */
  readonly endpoint: string;
  /** The CA certificate to trust; empty without TLS. */
  readonly caPem: string;
  close(): Promise<void>;
}

const signals: Readonly<Record<string, 'traces' | 'metrics' | 'logs'>> = {
  '/opentelemetry.proto.collector.trace.v1.TraceService/Export': 'traces',
  '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export': 'metrics',
  '/opentelemetry.proto.collector.logs.v1.LogsService/Export': 'logs',
};

/** An empty gRPC message (not compressed, length 0). In OTLP it means that everything was accepted. */
const emptyMessage = Buffer.alloc(5);
const unimplemented = 12;

/**
 * OTLP over gRPC, the collector's default, in front of a simulated StackState. Each call is one request and one response, and the data is
 * not read, so plain HTTP/2 is enough. It was tried with @grpc/grpc-js 1.14 as the client, with and without TLS.
 */
export async function startOtlpGrpc(stackState: Pick<StackState, 'takeOtlp'>, tls = false): Promise<OtlpGrpc> {
  const certificate = tls ? await createCertificate() : undefined;
  const server: Http2Server = certificate === undefined ? createServer() : createSecureServer(certificate);
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    stream.resume();
    stream.once('end', () => {
      const signal = signals[String(headers[':path'])];
      if (signal === undefined) refuse(stream, unimplemented, 'There is no such method.');
      else if (stackState.takeOtlp(signal, headers.authorization ?? null)) accept(stream);
      else refuse(stream, unauthenticated.code, unauthenticated.message);
    });
  });
  const port = await listen(server, 0);
  return {
    endpoint: `127.0.0.1:${port}`,
    caPem: certificate?.caPem ?? '',
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const session of sessions) session.destroy();
      }),
  };
}

function accept(stream: ServerHttp2Stream): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(emptyMessage);
}

/** A refusal has no message. Its status and reason are in the headers. */
function refuse(stream: ServerHttp2Stream, code: number, message: string): void {
  const status = { 'grpc-status': String(code), 'grpc-message': encodeURIComponent(message) };
  stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...status }, { endStream: true });
}
