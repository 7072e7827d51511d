// A simulated StackState for people: `npm run sandbox`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { platforms } from './platforms.ts';
import { type PlatformName, type SeenRequest, type StackState, startStackState, tokens } from './server.ts';

const help = `Starts a simulated StackState on this machine and keeps it running until Ctrl-C.

Usage:
  npm run sandbox -- [flags]

Examples:
  npm run sandbox
  npm run sandbox -- --port 8443 --tls
  npm run sandbox -- --seed 1000
  npm run sandbox -- --platform 2.9

Flags:
      --port int          port to listen on; 0 takes any free one (default 0)
      --tls               serve HTTPS, with a CA certificate made for this run
      --seed int          how many keys, and how many service tokens, exist at the start (default 3)
      --platform string   6.0 has ingestion API keys only, 2.3.5 has keys and service tokens, 2.9 has
                          service tokens only (default 2.3.5)
      --help              show this help

Exit codes: 0 ended by Ctrl-C, 1 it could not be started, 3 a flag is wrong.
`;

interface SandboxOptions {
  readonly port: number;
  readonly tls: boolean;
  readonly seed: number;
  readonly platform: PlatformName;
  readonly help: boolean;
}

class UsageError extends Error {}

function optionsOf(argv: readonly string[]): SandboxOptions {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        port: { type: 'string', default: '0' },
        tls: { type: 'boolean', default: false },
        seed: { type: 'string', default: '3' },
        platform: { type: 'string', default: '2.3.5' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return {
      ...values,
      port: whole('--port', values.port, 65_535),
      seed: whole('--seed', values.seed, 1_000_000),
      platform: platformNamed(values.platform),
    };
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function whole(flag: string, text: string, largest: number): number {
  if (!/^\d{1,7}$/.test(text) || Number(text) > largest) {
    throw new UsageError(`${flag} takes a whole number from 0 to ${largest}, not '${text}'.`);
  }
  return Number(text);
}

function platformNamed(name: string): PlatformName {
  const known = Object.keys(platforms) as PlatformName[];
  const found = known.find((candidate) => candidate === name);
  if (found === undefined) throw new UsageError(`--platform takes ${known.join(', ')}, not '${name}'.`);
  return found;
}

/** One line of the log. The query is left out: the intake's holds a key. */
function logLine({ method, path, status }: SeenRequest): string {
  const shown = (path.split('?', 1)[0] ?? '').replaceAll(/[^\x21-\x7e]/g, '?');
  return `${new Date().toISOString().slice(11, 19)}  ${method.padEnd(6)} ${shown}  ${status ?? 'no answer'}\n`;
}

/** Keys and service tokens such as a real platform has: some for ever, some ending soon, some over. */
function seed(stackState: StackState, count: number, platform: PlatformName): void {
  const day = 86_400_000;
  const lifetimes = [undefined, 90, 7, -1];
  const { ingestionApiKeys, serviceTokens } = platforms[platform];
  for (let index = 0; index < count; index += 1) {
    const number = index + 1;
    const days = lifetimes[index % lifetimes.length];
    const facts = {
      name: `cluster-${String(number).padStart(String(count).length, '0')}`,
      ...(days === undefined ? {} : { expiration: BigInt(Math.floor(Date.now() / day) * day + days * day) }),
    };
    const description = index % 3 === 2 ? {} : { description: `agents of cluster ${number}` };
    if (ingestionApiKeys) stackState.seed({ ...facts, ...description });
    if (serviceTokens) stackState.seedToken({ ...facts, roles: ['stackstate-ingest-telemetry'] });
  }
}

/** `3 keys and 3 service tokens` */
function contents(count: number, platform: PlatformName): string {
  const { ingestionApiKeys, serviceTokens } = platforms[platform];
  const some = (noun: string) => (count === 1 ? `1 ${noun}` : `${count} ${noun}s`);
  return [...(ingestionApiKeys ? [some('key')] : []), ...(serviceTokens ? [some('service token')] : [])].join(' and ');
}

async function serve(options: SandboxOptions): Promise<void> {
  const say = (text: string) => process.stdout.write(text);
  const stackState = await startStackState({
    port: options.port,
    tls: options.tls,
    platform: options.platform,
    onStage: (stage, request) => {
      if (stage === 'answered') say(logLine(request));
    },
  });
  seed(stackState, options.seed, options.platform);
  const folder = options.tls ? mkdtempSync(join(tmpdir(), 'stackstate-sandbox-')) : undefined;
  let settings = `export STS_CLI_URL=${stackState.url}\nexport STS_CLI_API_TOKEN=${tokens.api}\n`;
  settings += `# or, in place of the API token: export STS_CLI_SERVICE_TOKEN=${tokens.service}\n`;
  if (folder !== undefined) {
    const path = join(folder, 'ca.pem');
    writeFileSync(path, stackState.caPem);
    settings += `export STS_CA_CERT_PATH='${path}'\n`;
  }
  let ending = false;
  const end = () => {
    if (ending) return;
    ending = true;
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    // A request that no route knows was answered 404; only in tests is that an error.
    stackState.close().catch(() => {});
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  process.on('SIGHUP', end);
  process.stdout.on('error', end);
  const what = `A simulated StackState with ${contents(options.seed, options.platform)} is running.`;
  say(`${what} Point sts at it, in another terminal:\n\n${settings}\n`);
  say('Requests are shown here. Ctrl-C ends it, and all that it holds is gone.\n\n');
}

function explain(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return 'The port is in use. Choose another with --port, or leave it out.';
  if (code === 'EACCES') return 'The port may not be opened. Choose one from 1024 up with --port, or leave it out.';
  return error instanceof Error ? error.message : String(error);
}

try {
  const options = optionsOf(process.argv.slice(2));
  if (options.help) process.stdout.write(help);
  else await serve(options);
} catch (error) {
  const usage = error instanceof UsageError;
  process.stderr.write(`[ERROR] ${explain(error)}\n${usage ? 'See: npm run sandbox -- --help\n' : ''}`);
  process.exitCode = usage ? 3 : 1;
}
