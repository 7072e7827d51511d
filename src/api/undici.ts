// First: sets a V8 flag that must stand before undici compiles its parser.
import './liftoff.ts';
// Only the pieces a request needs, by path: `import 'undici'` also loads fetch, websockets, caches and mocks, which costs
// more than the rest of the program. Undici declares no exports, so its files are reachable; a test notices when they move.
import connect from 'undici/lib/api/api-connect.js';
import request from 'undici/lib/api/api-request.js';
import buildConnector from 'undici/lib/core/connect.js';
import Client from 'undici/lib/dispatcher/client.js';

export { buildConnector, Client, connect, request };
