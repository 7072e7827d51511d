// Only the pieces a request needs, by path: `import 'undici'` also loads fetch, websockets, caches and mocks, which costs
// more than the rest of the program. Undici declares no exports, so its files are reachable; a test notices when they move.
import type { Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import type { buildConnector as Connectors } from 'undici';
import request from 'undici/lib/api/api-request.js';
import symbols from 'undici/lib/core/symbols.js';
import Client from 'undici/lib/dispatcher/client.js';

export { Client, request };

/** What a connection noticed besides the response. */
export interface Notes {
  /** Bytes came that belong to no response. */
  surplus: boolean;
  /** What it is connected by. */
  socket: Socket | undefined;
}

/**
 * Hands a connected socket to undici.
 * @param open connects, TLS included.
 */
export function connectorOf(open: () => Promise<Socket>, notes: Notes): Connectors.connector {
  return (_target, callback) => {
    open().then(
      (socket) => {
        notes.socket = socket;
        withPatientParser(() => callback(null, socket));
        adjustParser(socket, notes);
      },
      (error: Error) => callback(error, null),
    );
  };
}

/**
 * On Node 20 (V8 11.3) some hundred bytes of a response are enough for V8 to compile undici's parser a second time, to make it faster,
 * and the end of the process waits 50-200 ms for that. The parser gets a larger budget when it is made, which is when a connection is
 * handed over. The flag is put back at once: V8 refuses every code cache, Node's own included, that was made with other flags.
 */
function withPatientParser(handOver: () => void): void {
  if (!process.versions.v8.startsWith('11.3.')) {
    handOver();
    return;
  }
  setFlagsFromString('--wasm-tiering-budget=1000000000');
  try {
    handOver();
  } finally {
    setFlagsFromString('--wasm-tiering-budget=1800000');
  }
}

/** The members of undici's parser that are adjusted; the tests notice when they change. */
interface Parser {
  contentLength: string;
  readonly client: { readonly stats: { readonly running: number } };
  onHeadersComplete(statusCode: number, upgrade: boolean, shouldKeepAlive: boolean): number;
  onMessageBegin(): number;
  createError(code: number, data: Uint8Array): Error;
  execute(chunk: Uint8Array): void;
}

const otherInformation = 102;

/** Three things that undici's parser does otherwise, see below. */
function adjustParser(socket: Socket, notes: Notes): void {
  const parser = (socket as Socket & Partial<Record<symbol, Parser>>)[symbols.kParser];
  if (parser === undefined) return;
  const { onHeadersComplete, onMessageBegin, createError, execute } = parser;
  // It skips every 1xx response but 100 (Continue), which servers and proxies send unasked as well.
  parser.onHeadersComplete = (status, ...rest) =>
    onHeadersComplete.call(parser, status === 100 ? otherInformation : status, ...rest);
  // It says nothing of bytes after a response: they are no part of any other, as there is one request at a time.
  parser.onMessageBegin = () => {
    if (parser.client.stats.running === 0) notes.surplus = true;
    return onMessageBegin.call(parser);
  };
  // It takes every error after a Content-Length for a body that was cut short. While bytes are read they are what is wrong.
  let reading = false;
  parser.execute = (chunk) => {
    reading = true;
    try {
      execute.call(parser, chunk);
    } finally {
      reading = false;
    }
  };
  parser.createError = (...about) => {
    if (reading) parser.contentLength = '';
    return createError.apply(parser, about);
  };
}
