// Only the pieces a request needs, by path: `import 'undici'` also loads fetch, websockets, caches and mocks, which costs
// more than the rest of the program. Undici declares no exports, so its files are reachable; a test notices when they move.
import type { Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import type { buildConnector as Connectors } from 'undici';
import request from 'undici/lib/api/api-request.js';
import symbols from 'undici/lib/core/symbols.js';
import Client from 'undici/lib/dispatcher/client.js';
import { MalformedError } from './failure.ts';

export { Client, request };

/** What a connection noticed besides the response. */
export interface Notes {
  /** What is wrong with a response that undici takes for a good one. */
  malformed: string | undefined;
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
  readonly bytesRead: number;
  readonly client: { readonly stats: { readonly running: number } };
  onHeadersComplete(statusCode: number, upgrade: boolean, shouldKeepAlive: boolean): number;
  onMessageBegin(): number;
  onMessageComplete(): number;
  createError(code: number, data: Uint8Array): Error;
  execute(chunk: Uint8Array): void;
}

const otherInformation = 102;
/** llhttp's numbers for bytes that do not even begin like HTTP. */
const noHttp = new Set([8, 9]);

const surplus = 'more bytes came than belong to it';

/** What undici's parser does otherwise, see below. */
function adjustParser(socket: Socket, notes: Notes): void {
  const parser = (socket as Socket & Partial<Record<symbol, Parser>>)[symbols.kParser];
  if (parser === undefined) return;
  const { onHeadersComplete, onMessageBegin, onMessageComplete, createError, execute } = parser;
  // It skips every 1xx response but 100 (Continue), which servers and proxies send unasked as well.
  parser.onHeadersComplete = (status, ...rest) =>
    onHeadersComplete.call(parser, status === 100 ? otherInformation : status, ...rest);
  // It says nothing of bytes after a response: they are no part of any other, as there is one request at a time.
  parser.onMessageBegin = () => {
    if (parser.client.stats.running === 0) notes.malformed = surplus;
    return onMessageBegin.call(parser);
  };
  // What is left over when it is done with a connection.
  const unshift = socket.unshift.bind(socket);
  socket.unshift = (chunk, ...rest) => {
    if (socket.destroyed && chunk.length > 0) notes.malformed = surplus;
    return unshift(chunk, ...rest);
  };
  // It takes a length that the body has not for a body that was cut short, also where nothing is missing: a 204 has no body.
  parser.onMessageComplete = () => {
    if (parser.contentLength !== '' && Number(parser.contentLength) !== parser.bytesRead) {
      notes.malformed = 'its length is not that of its body';
      parser.contentLength = '';
    }
    return onMessageComplete.call(parser);
  };
  // It takes every error after a Content-Length for a body that was cut short, and says nothing of what is wrong with the bytes.
  let reading = false;
  parser.execute = (chunk) => {
    reading = true;
    try {
      execute.call(parser, chunk);
    } finally {
      reading = false;
    }
  };
  parser.createError = (code, data) => {
    if (reading) parser.contentLength = '';
    const error = createError.call(parser, code, data);
    if (!reading || noHttp.has(code)) return error;
    return new MalformedError(/\(([\w '/-]+)\)$/.exec(error.message)?.[1] ?? 'it breaks the rules of HTTP', { cause: error });
  };
}
