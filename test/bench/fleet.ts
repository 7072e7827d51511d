import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import { listen } from '../stackstate/listen.ts';

/** Servers that answer at once from memory: what is measured is the program, not they. */
export interface FleetServers {
  readonly urls: readonly string[];
}

/** Forgets all keys and counts anew. */
export interface FleetReset {
  /** Index of a server that takes requests and never responds; absent: all respond. */
  readonly silent?: number;
}

/** What was seen since the last reset. */
export interface FleetCounts {
  readonly requests: number;
  readonly created: number;
  /** The most connections that all servers had open at a time. */
  readonly connections: number;
  /** Milliseconds from the first request to the last one that was answered. */
  readonly answeredWithin: number;
}

interface Key {
  readonly id: number;
  readonly lastUpdateTimestamp: number;
  readonly name: string;
  readonly expiration: unknown;
  readonly apiKey: string;
}

const serverCount = 100;
const collection = '/api/security/ingestion/api_keys';
const keys = Array.from({ length: serverCount }, (): Key[] => []);
let silent: number | undefined;
let counts = { requests: 0, created: 0, connections: 0, answeredWithin: 0 };
let firstAt: number | undefined;
let open = 0;
let lastId = 250_558_013_078_953;

/** Serves from a thread of its own, so that measuring may block this process's first thread. */
export async function serveFleet(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('not in a worker');
  const ports = await Promise.all(
    keys.map((_, index) => {
      const server = createServer((request, response) => void answer(index, request, response));
      server.on('connection', async (socket) => {
        open += 1;
        socket.on('error', () => {});
        // Where a response is owed, a connection that its client has closed stays half open.
        let isClosed = false;
        for (const event of ['end', 'close']) {
          socket.once(event, () => {
            if (!isClosed) open -= 1;
            isClosed = true;
          });
        }
        // One that its client has just closed may be noticed after the next one.
        for (let turns = 0; turns < 3; turns++) await turn();
        counts.connections = Math.max(counts.connections, open);
      });
      return listen(server, 0);
    }),
  );
  port.on('message', (message: FleetReset | 'counts' | 'forget') => {
    if (message === 'counts') {
      port.postMessage(counts);
      return;
    }
    for (const list of keys) if (message !== 'forget') list.length = 0;
    silent = message === 'forget' ? silent : message.silent;
    counts = { requests: 0, created: 0, connections: 0, answeredWithin: 0 };
    firstAt = undefined;
    port.postMessage(counts);
  });
  port.postMessage({ urls: ports.map((number) => `http://127.0.0.1:${number}`) } satisfies FleetServers);
}

async function answer(index: number, request: IncomingMessage, response: ServerResponse): Promise<void> {
  counts.requests += 1;
  firstAt ??= performance.now();
  if (index === silent) return;
  const own = keys[index] ?? [];
  let text = '';
  for await (const chunk of request) text += chunk;
  const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  if (request.url?.startsWith('/api/security/ingestion/authorize')) {
    response.statusCode = own.some(({ apiKey }) => apiKey === body['apiKey']) ? 204 : 403;
    response.end();
  } else if (request.url === collection) {
    response.setHeader('content-type', 'application/json');
    if (request.method === 'POST') response.end(JSON.stringify(created(own, body)));
    else response.end(JSON.stringify(own.map(({ apiKey, ...row }) => row)));
  } else {
    response.statusCode = 404;
    response.end();
  }
  counts.answeredWithin = performance.now() - firstAt;
}

function created(own: Key[], { name, expiration }: Record<string, unknown>): Key {
  counts.created += 1;
  lastId += 1;
  const apiKey = `iapikeyok-${randomBytes(24).toString('base64url')}`;
  const key: Key = { id: lastId, lastUpdateTimestamp: Date.now(), name: String(name), expiration, apiKey };
  own.push(key);
  return key;
}
