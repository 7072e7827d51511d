import { spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { root } from './pages.ts';

/** Starts the sandbox as its script does; gives its URL. */
export async function startSandbox(...flags: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, ['scripts/run-ts.mjs', 'test/stackstate/sandbox.ts', ...flags], { cwd: root });
  onTestFinished(() => void child.kill('SIGTERM'));
  let output = '';
  return new Promise((resolve, reject) => {
    // It ends when nobody reads on.
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const [, url] = /^export STS_CLI_URL=(\S+)$/m.exec(output) ?? [];
      if (url !== undefined && output.includes('Ctrl-C')) resolve(url);
    });
    child.once('close', () => reject(new Error(`The sandbox has not started:\n${output}`)));
  });
}
