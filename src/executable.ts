// The entry of the program as one file (scripts/executables.mjs): all its parts stand inside, so none has to be looked for.
(require('./main.cjs') as typeof import('./main.ts')).start();
