import type { IncomingMessage } from 'node:http';
import { createServer, request as send } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createCertificate } from '../stackstate/certificates.ts';
import type { RealKubernetes } from './start.ts';

/** Where a request to the API server stands: it has come, the API server has done it, its response is on its way. */
export type ProxyStage = 'received' | 'handled' | 'answered';

export interface StagedProxy {
  readonly url: string;
  readonly caPem: string;
  close(): Promise<void>;
}

/** A server before a real API server that can be stopped at each stage of each request, as the simulated one can. */
export async function startStagedProxy(
  real: RealKubernetes,
  onStage: (stage: ProxyStage, what: string) => void | Promise<void>,
): Promise<StagedProxy> {
  const certificate = await createCertificate();
  const target = new URL(real.url);
  const server = createServer({ cert: certificate.cert, key: certificate.key }, async (incoming, outgoing) => {
    // A program that was killed takes its socket along.
    outgoing.on('error', () => {});
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
    const what = `${incoming.method} ${incoming.url?.replace(/^.*\/(secrets|deployments|pods)\b[^?]*/, '$1').replace(/labelSelector.*/, '')}`;
    await onStage('received', what);
    const response = await forwarded(target, real.caPem, incoming, Buffer.concat(chunks));
    await onStage('handled', what);
    outgoing.writeHead(response.status, { 'content-type': 'application/json' });
    outgoing.end(response.body, () => void onStage('answered', what));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}`,
    caPem: certificate.caPem,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

function forwarded(
  target: URL,
  ca: string,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
): Promise<{ readonly status: number; readonly body: Buffer }> {
  return new Promise((done, fail) => {
    const { hostname, port } = target;
    const outgoing = send(
      { hostname, port, ca, method, path: url, headers: { ...headers, host: target.host } },
      async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(Buffer.from(chunk));
        done({ status: response.statusCode ?? 502, body: Buffer.concat(chunks) });
      },
    );
    outgoing.on('error', fail);
    outgoing.end(body);
  });
}
