// Only the pieces a request needs, by path: `import 'undici'` also loads fetch, websockets, caches and mocks, which costs
// more than the rest of the program. Undici declares no exports, so its files are reachable; a test notices when they move.
import { setFlagsFromString } from 'node:v8';
import type { buildConnector as Connectors } from 'undici';
import connect from 'undici/lib/api/api-connect.js';
import request from 'undici/lib/api/api-request.js';
import buildConnector from 'undici/lib/core/connect.js';
import Client from 'undici/lib/dispatcher/client.js';

export { buildConnector, Client, connect, request };

/**
 * On Node 20 (V8 11.3) some hundred bytes of an answer are enough for V8 to compile undici's parser a second time, to make it faster,
 * and the end of the process waits 50-200 ms for that. The parser gets a larger budget when it is made, which is when a connection is
 * handed over. The flag is put back at once: V8 refuses every code cache, Node's own included, that was made with other flags.
 */
export function withPatientParser(connector: Connectors.connector): Connectors.connector {
  if (!process.versions.v8.startsWith('11.3.')) return connector;
  return (target, callback) =>
    connector(target, (...result) => {
      setFlagsFromString('--wasm-tiering-budget=1000000000');
      try {
        callback(...result);
      } finally {
        setFlagsFromString('--wasm-tiering-budget=1800000');
      }
    });
}
