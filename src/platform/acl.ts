import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { systemCode } from '../system.ts';

const run = promisify(execFile);

/**
 * Copies the access control list of one file to another with the system's own tools, because Node has no function for it. Does nothing if
 * the tools are missing.
 * @throws the tool's error when there is a list but it cannot be set.
 */
export async function copyAcl(from: string, to: string): Promise<void> {
  const list = await run('getfacl', ['--absolute-names', '--omit-header', '--skip-base', '--', from], { timeout: 5000 }).then(
    ({ stdout }) => stdout.trim(),
    (error: unknown) => {
      // The tool is missing, or the file system has no such lists.
      if (systemCode(error) !== undefined || isFailedRun(error)) return '';
      throw error;
    },
  );
  if (list === '') return;
  const child = execFile('setfacl', ['--set-file=-', '--', to], { timeout: 5000 });
  child.stdin?.on('error', () => {
    // It ended before it had read everything: its exit code says why.
  });
  child.stdin?.end(`${list}\n`);
  await new Promise<void>((done, fail) => {
    child.once('error', fail);
    child.once('exit', (code) => (code === 0 ? done() : fail(new Error(`setfacl ended with exit code ${code}`))));
  });
}

function isFailedRun(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'number';
}
