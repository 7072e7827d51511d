import { createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { listen } from '../stackstate/listen.ts';
import { tokens } from '../stackstate/server.ts';

/** One conversation: the answer to try, and what was asked. */
export interface Conversation {
  /** Environment that leads a program into this conversation. */
  readonly env: Readonly<Record<string, string>>;
  /** Methods asked for, with the last part of the path where it is not the collection: `POST`, `DELETE 7`, `GET info`. */
  readonly requests: readonly string[];
}

export interface FuzzServer {
  /**
   * Begins a conversation.
   * @param method the request on the collection that the bytes answer; all others are answered as StackState does.
   */
  begin(method: 'GET' | 'POST', answer: Uint8Array): Conversation;
}

const info = '{"version":{"major":6,"minor":0,"patch":0,"diff":"","commit":"c0ffee1","isDev":false},"deploymentMode":"Saas"}';

/**
 * A server that answers with any bytes, on a real socket of 127.0.0.1, closed when the running test has finished. It takes
 * what it is asked and says what it is told: nothing of HTTP may be in between.
 * @param path of the collection, under that of the API.
 */
export async function startFuzzServer(path = 'security/ingestion/api_keys'): Promise<FuzzServer> {
  const conversations = new Map<string, { method: string; answer: Uint8Array; requests: string[] }>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    let heard = '';
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
      const request = readRequest(heard);
      if (request === undefined) return;
      heard = '';
      const [, name = '', rest = ''] = /^\/api-(\d+)\/(.*)$/.exec(request.path) ?? [];
      const conversation = conversations.get(name);
      if (conversation === undefined) return void socket.destroy();
      const collection = rest === path;
      conversation.requests.push(collection ? request.method : `${request.method} ${rest.replace(/^.*\//, '')}`);
      if (collection && request.method === conversation.method) socket.end(conversation.answer);
      else socket.end(usual(request.method, rest));
    });
  });
  const port = await listen(server, 0);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  let next = 0;
  return {
    begin(method, answer) {
      const name = String(next++);
      const requests: string[] = [];
      conversations.clear();
      conversations.set(name, { method, answer, requests });
      const env = {
        STS_CLI_URL: `http://127.0.0.1:${port}`,
        STS_CLI_API_PATH: `/api-${name}`,
        STS_CLI_SERVICE_TOKEN: tokens.service,
      };
      return { env: { ...env, XDG_CONFIG_HOME: '/does/not/exist' }, requests };
    },
  };
}

function usual(method: string, rest: string): string {
  if (method === 'DELETE') return 'HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n';
  const body = rest === 'server/info' ? info : '[]';
  return `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** Undefined until the request is whole. */
function readRequest(text: string): { readonly method: string; readonly path: string } | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const length = Number(/^content-length: *(\d+)/im.exec(text.slice(0, end))?.[1] ?? 0);
  if (text.length < end + 4 + length) return undefined;
  const [method = '', path = ''] = text.split(' ', 2);
  return { method, path };
}
