// The entry of the single-file program (scripts/executables.mjs). That file contains all parts of the program.
(require('./main.cjs') as typeof import('./main.ts')).start();
