// Imports by path only the parts of undici that a request needs. `import 'undici'` also loads fetch, websockets, caches and mocks, which
// takes longer than the rest of the program. Undici's package.json declares no `exports`, so its files can be imported. A test fails if
// they move.
import type { Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import type { buildConnector as Connectors } from 'undici';
import request from 'undici/lib/api/api-request.js';
import symbols from 'undici/lib/core/symbols.js';
import Client from 'undici/lib/dispatcher/client.js';
import { MalformedError } from './failure.ts';

export { Client, request };

/** Observations about a connection. */
export interface Notes {
  /** Why a response that undici accepted is malformed; undefined if it is not. */
  malformed: string | undefined;
  /** The socket in use. */
  socket: Socket | undefined;
}

/**
 * Hands a connected socket to undici.
 * @param open connects, including TLS.
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
 * Keeps V8 from optimizing undici's parser. On Node 20 (V8 11.3), a few hundred bytes of a response make V8 compile the parser a second
 * time, and the end of the process waits 50 to 200 ms for that. So the parser is created with a larger budget; it is created when a
 * connection is handed over. The flag is reset at once, because V8 rejects every code cache, even Node's own, that was made with other
 * flags.
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

/** The members of undici's parser that are adjusted. Tests fail if they change. */
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
/** llhttp's error numbers for bytes that do not begin like HTTP. */
const noHttp = new Set([8, 9]);

const surplus = 'there are more bytes than belong to it';

/** Adjusts undici's parser to this program. The comments below say what is changed and why. */
function adjustParser(socket: Socket, notes: Notes): void {
  const parser = (socket as Socket & Partial<Record<symbol, Parser>>)[symbols.kParser];
  if (parser === undefined) return;
  const { onHeadersComplete, onMessageBegin, onMessageComplete, createError, execute } = parser;
  // The parser skips 1xx responses except 100 (Continue), which it treats as an error. Some servers and proxies send 100 unasked.
  parser.onHeadersComplete = (status, ...rest) =>
    onHeadersComplete.call(parser, status === 100 ? otherInformation : status, ...rest);
  // The parser does not report extra bytes after a response. There is only one request at a time, so they do not belong to another
  // response.
  parser.onMessageBegin = () => {
    if (parser.client.stats.running === 0) notes.malformed = surplus;
    return onMessageBegin.call(parser);
  };
  // The same for a connection that closes after the response.
  const unshift = socket.unshift.bind(socket);
  socket.unshift = (chunk, ...rest) => {
    if (socket.destroyed && chunk.length > 0) notes.malformed = surplus;
    return unshift(chunk, ...rest);
  };
  // The parser reports every wrong Content-Length as an incomplete body, even for a 204, which has no body.
  parser.onMessageComplete = () => {
    if (parser.contentLength !== '' && Number(parser.contentLength) !== parser.bytesRead) {
      notes.malformed = 'its Content-Length does not match its body';
      parser.contentLength = '';
    }
    return onMessageComplete.call(parser);
  };
  // If there is a Content-Length, the parser reports every error as an incomplete body, and does not say what is wrong with the bytes.
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
