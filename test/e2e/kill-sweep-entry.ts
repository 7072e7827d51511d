import { appendFileSync } from 'node:fs';
import { createSession } from '../../src/cli/session.ts';
import { type RotateOptions, rotateCommand, runRotate } from '../../src/commands/ingestion-api-key/rotate.ts';
import { createPrinter } from '../../src/output/printer.ts';
import { endProcess, nodeWorld } from '../../src/platform/node.ts';

// `rotate` as the program has it, but told each of its steps: the process kills itself at step `fatal` (the first is 1).
// Arguments: fatal, a file that takes the names of the steps, URL, token, and then the flags of `rotate`.
const [fatal, log = '', url = '', serviceToken = '', ...flags] = process.argv.slice(2);
const runtime = nodeWorld();
// The recovery waits for a creation as long as its request was given: a sweep cannot wait half a minute at each point.
const session = createSession(runtime, { url, serviceToken, timeout: '2s', output: 'text', color: false, verbose: 0 });
let steps = 0;

const step = (name: string): void => {
  steps += 1;
  if (log !== '') appendFileSync(log, `${name}\n`);
  if (steps === Number(fatal)) process.kill(process.pid, 'SIGKILL');
};

const command = rotateCommand(async () => {
  const code = await runRotate(command.opts<RotateOptions>(), session, step).then(
    () => 0,
    async (error: { exitCode?: number }) => {
      await createPrinter({
        stdout: runtime.stdout,
        stderr: runtime.stderr,
        env: runtime.env,
        output: 'text',
        color: false,
      }).error(error);
      return error.exitCode ?? 2;
    },
  );
  await session.close();
  endProcess(code);
});
void command.parseAsync(flags, { from: 'user' });
