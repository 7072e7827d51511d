import { setFlagsFromString } from 'node:v8';

// Node 20 waits 130-200 ms at exit for the optimising compilation of undici's wasm parser, which a short run never needs.
// Must run before undici loads: import this module first.
setFlagsFromString('--liftoff-only');
