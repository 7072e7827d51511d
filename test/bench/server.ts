import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { parentPort } from 'node:worker_threads';
import { createCertificate } from '../stackstate/certificates.ts';
import { listen } from '../stackstate/listen.ts';

/** Where the measured commands go. The path under the URL says how many keys the list has: `http://127.0.0.1:PORT/1000`. */
export interface BenchServers {
  readonly http: string;
  readonly https: string;
  /** The same https server behind a line that takes `latencyMs` in each direction. */
  readonly slow: string;
  readonly caPem: string;
  readonly latencyMs: number;
}

/** What was seen since the last question. */
export interface BenchCounts {
  readonly requests: number;
  readonly handshakes: number;
  /** How often the slow line's client had to wait for an answer before it could go on. */
  readonly roundTrips: number;
}

// The Go CLI asks for it before each command.
const serverInfo =
  '{"version":{"major":6,"minor":0,"patch":0,"diff":"","commit":"0","isDev":false},"deploymentMode":"SelfHosted"}';
const latencyMs = 50;
const lists = new Map<number, Buffer>();
let counts = { requests: 0, handshakes: 0, roundTrips: 0 };

/** Serves from a thread of its own, so that measuring may block this process's first thread. */
export async function serve(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('not in a worker');
  const certificate = await createCertificate();
  const plain = await listen(createServer(answer), 0);
  const secure = createTlsServer({ cert: certificate.cert, key: certificate.key }, answer);
  secure.on('secureConnection', () => {
    counts.handshakes++;
  });
  const securePort = await listen(secure, 0);
  const slowPort = await listen(
    createTcpServer((client) => relay(client, securePort)),
    0,
  );
  const servers: BenchServers = {
    http: `http://127.0.0.1:${plain}`,
    https: `https://127.0.0.1:${securePort}`,
    slow: `https://127.0.0.1:${slowPort}`,
    caPem: certificate.caPem,
    latencyMs,
  };
  port.on('message', () => {
    port.postMessage(counts);
    counts = { requests: 0, handshakes: 0, roundTrips: 0 };
  });
  port.postMessage(servers);
}

/** Answers at once from memory: what is measured is the program, not the server. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  counts.requests++;
  request.resume();
  response.setHeader('content-type', 'application/json');
  if (request.method === 'POST')
    response.end('{"id":250558013078953,"name":"bench","lastUpdateTimestamp":1,"apiKey":"bench-key"}');
  else if (request.url?.endsWith('/server/info')) response.end(serverInfo);
  else response.end(listOf(Number(request.url?.split('/')[1])));
}

function listOf(keys: number): Buffer {
  const known = lists.get(keys);
  if (known !== undefined) return known;
  const rows = Array.from({ length: keys }, (_, index) => {
    const expiration = index % 3 === 0 ? `,"expiration":${1_900_000_000_000 + index * 86_400_000}` : '';
    // Not in the order of their names, so that sorting has to work.
    const name = `cluster-${(index * 7919) % keys}`;
    return `{"id":${250_558_013_078_953 + index},"lastUpdateTimestamp":1795452767565,"name":"${name}","description":"agents of ${name}"${expiration}}`;
  });
  const list = Buffer.from(`[${rows.join(',')}]`);
  lists.set(keys, list);
  return list;
}

function relay(client: Socket, port: number): void {
  const server = connect(port, '127.0.0.1');
  let lastFrom: 'client' | 'server' = 'server';
  const pass = (from: Socket, to: Socket, name: 'client' | 'server') => {
    from.setNoDelay(true);
    from.on('data', (chunk: Buffer) => {
      if (name === 'client' && lastFrom === 'server') counts.roundTrips++;
      lastFrom = name;
      setTimeout(() => to.write(chunk), latencyMs);
    });
    from.on('error', () => to.destroy());
    from.on('close', () => setTimeout(() => to.destroy(), latencyMs));
  };
  pass(client, server, 'client');
  pass(server, client, 'server');
}
