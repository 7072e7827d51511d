// Runs the built program against a simulated StackState and shows each step: `npm run demo`. Every step is checked. An unexpected result
// ends the demo with exit code 1.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type StackState, startStackState, tokens } from './server.ts';

const keyName = 'my-ingestion-api-key';

interface Step {
  readonly argv: readonly string[];
  /** The text for the program's stdin, and how a shell would write it. */
  readonly stdin?: { readonly text: string; readonly shown: string };
  /** The pattern for stdout. A later step uses its first group. */
  readonly expect: RegExp;
  /** The pattern for stderr; default empty. */
  readonly note?: RegExp;
}

class Surprise extends Error {}

/** Runs the program as a shell would, in its own folder and with its own HOME, and shows the command and its output. */
async function sts(step: Step, folder: string): Promise<string> {
  const before = step.stdin === undefined ? '' : `${step.stdin.shown} | `;
  say(`$ ${before}sts ${step.argv.map(quoted).join(' ')}\n`);
  const child = spawn(process.execPath, [resolve('bin/sts.js'), ...step.argv], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder },
  });
  child.stdin.on('error', () => {});
  child.stdin.end(step.stdin?.text ?? '');
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  const code = await new Promise<number | NodeJS.Signals | null>((done, fail) => {
    child.once('error', fail);
    child.once('close', (status, signal) => done(status ?? signal));
  });
  say(`${output.stdout}${output.stderr}\n`);
  if (code !== 0) throw new Surprise(`it ended with ${code}, not with 0`);
  const note = step.note ?? /^$/;
  if (!note.test(output.stderr)) throw new Surprise(`its stderr does not match ${note}`);
  const found = step.expect.exec(output.stdout);
  if (found === null) throw new Surprise(`its output does not match ${step.expect}`);
  return found[1] ?? '';
}

/** Sends one span with a key, as an OpenTelemetry collector does, and shows the response. */
async function sendSpan(stackState: StackState, key: string, expected: number): Promise<void> {
  const url = `${stackState.url}/v1/traces`;
  say(`POST ${url}\nAuthorization: SUSEObservability ${key}\n`);
  const status = await new Promise<number | undefined>((done, fail) => {
    const headers = { Authorization: `SUSEObservability ${key}`, 'Content-Type': 'application/json' };
    request(url, { method: 'POST', headers, ca: stackState.caPem, agent: false }, (answer) => {
      answer.resume().once('end', () => done(answer.statusCode));
    })
      .once('error', fail)
      .end(span());
  });
  say(`-> ${status} ${status === 200 ? 'accepted' : 'refused'}\n\n`);
  if (status !== expected) throw new Surprise(`the span was answered with ${status}, not with ${expected}`);
}

/** One span in OTLP's JSON form. */
function span(): string {
  const now = `${Date.now()}000000`;
  const ids = { traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174' };
  const spans = [{ ...ids, name: 'checkout', kind: 2, startTimeUnixNano: now, endTimeUnixNano: now }];
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
}

async function demo(stackState: StackState, folder: string): Promise<void> {
  const { url } = stackState;
  writeFileSync(join(folder, 'ca.pem'), stackState.caPem);

  say('Save the URL of StackState and your token, once. The token is read from stdin, so that it\n');
  say('is in no process list. --ca-cert-path names the CA certificate of your company.\n\n');
  const context = ['--name', 'demo', '--url', url, '--service-token', '-', '--ca-cert-path', 'ca.pem'];
  const stdin = { text: `${tokens.service}\n`, shown: 'echo "$TOKEN"' };
  await sts({ argv: ['context', 'save', ...context], stdin, expect: /demo/ }, folder);

  say('Create a key. It is shown only once: StackState never shows it again.\n\n');
  const create = ['create', '--name', keyName, '--description', 'spans of the shop', '--expires-in', '90d'];
  const generated = /Ingestion API Key generated: (\S+)/;
  const key = await sts({ argv: ['ingestion-api-key', ...create], expect: generated }, folder);

  say('List the keys. The dates are in UTC.\n\n');
  const row = new RegExp(`ID +\\| NAME +\\| EXPIRATION +\\| DESCRIPTION[^]*^(\\d+) +\\| ${keyName} +\\|`, 'm');
  const id = await sts({ argv: ['ingestion-api-key', 'list'], expect: row }, folder);

  say('Send a span with the key, as an OpenTelemetry collector does.\n\n');
  await sendSpan(stackState, key, 200);

  say('Delete the key by its id.\n\n');
  const deleted = new RegExp(`Ingestion Api Key deleted: ${id}$`, 'm');
  await sts({ argv: ['ingestion-api-key', 'delete', '--id', id], expect: deleted }, folder);

  say('The same span is refused now. (A real platform remembers a key for up to five minutes.)\n\n');
  await sendSpan(stackState, key, 401);

  const { accepted, refused } = stackState.intake.traces;
  if (accepted !== 1 || refused !== 1)
    throw new Surprise(`StackState took ${accepted} spans and refused ${refused}, not 1 and 1`);
  if (stackState.keys().length > 0) throw new Surprise('a key is left');
}

function say(text: string): void {
  process.stdout.write(text);
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `"${word}"`;
}

async function run(): Promise<void> {
  if (!existsSync(resolve('dist/main.cjs'))) throw new Surprise('the program is not built. Run: npm run build');
  const folder = mkdtempSync(join(tmpdir(), 'sts-demo-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  // The reader may go away, as in `npm run demo | head`.
  process.stdout.on('error', () => process.exit(1));
  process.on('SIGINT', () => process.exit(130));
  process.on('SIGTERM', () => process.exit(143));
  const stackState = await startStackState({ tls: true });
  say(`A simulated StackState listens on ${stackState.url}, over HTTPS, for this demo only.\n`);
  say('Below, sts is the program just built: node bin/sts.js.\n\n');
  await demo(stackState, folder);
  await stackState.close();
  say('The demo is over. It has left nothing behind on this machine.\n');
}

run().catch((error: unknown) => {
  process.stderr.write(
    `[ERROR] A step of the demo had an unexpected result: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exit(1);
});
