import { appendFileSync } from 'node:fs';
import { loadProgram } from '../../src/cli/catalogue.ts';
import { EarlyResult } from '../../src/cli/early-output.ts';
import { readCall } from '../../src/cli/program.ts';
import { createSession } from '../../src/cli/session.ts';
import { readLine } from '../../src/cli/words.ts';
import { type RotateOptions, runRotate } from '../../src/commands/ingestion-api-key/rotate.ts';
import { legacySession } from '../../src/commands/legacy.ts';
import { createPrinter } from '../../src/output/printer.ts';
import { endProcess, nodeWorld } from '../../src/platform/node.ts';

// `rotate` as the program has it, but told each of its steps: the process kills itself at step `fatal` (the first is 1).
// Arguments: fatal, a file that takes the names of the steps, URL, token, and then the flags of `rotate`.
const [fatal, log = '', url = '', serviceToken = '', ...flags] = process.argv.slice(2);
const world = nodeWorld();
// The recovery waits for a creation as long as its request was given: a sweep cannot wait half a minute at each point.
const globals = { url, serviceToken, timeout: '2s', output: 'text', color: false, verbose: 0 } as const;
const printer = createPrinter({ ...world, ...globals });
const view = { color: false, width: undefined, wide: false, now: world.now(), success: printer.success };
const session = createSession(world, globals, printer, new EarlyResult(world.stdout, 'text', view));
let steps = 0;

const step = (name: string): void => {
  steps += 1;
  if (log !== '') appendFileSync(log, `${name}\n`);
  if (steps === Number(fatal)) process.kill(process.pid, 'SIGKILL');
};

const argv = ['ingestion-api-key', 'rotate', ...flags];
void loadProgram(argv)
  .then((program) => runRotate(readCall(readLine(program, argv)).options as RotateOptions, legacySession(session), step))
  .then(
    () => 0,
    async (error: { exitCode?: number }) => {
      await printer.error(error);
      return error.exitCode ?? 2;
    },
  )
  .then(async (code) => {
    await session.close();
    endProcess(code);
  });
