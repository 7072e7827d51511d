// `npm run bench`: how long the built program takes, as a ratio to `node -e 0` in the same run.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isMainThread, Worker } from 'node:worker_threads';
import { type Command, inherited, type Pairs, pair, peakMemory } from './measure.ts';
import { type BenchCounts, type BenchServers, serve } from './server.ts';

const usage = `npm run bench -- [--pairs N] [--vs PATH]
  --pairs N   paired runs of each row, default 21; the large lists take a third of it
  --vs PATH   measure another sts binary as well`;

interface Row {
  readonly name: string;
  readonly arguments: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly exitCode?: number;
  readonly memory?: boolean;
  /** A third of the runs. */
  readonly long?: boolean;
}

async function bench(): Promise<void> {
  const { values } = parseArgs({ options: { pairs: { type: 'string' }, vs: { type: 'string' }, help: { type: 'boolean' } } });
  if (values.help) {
    console.log(usage);
    return;
  }
  const pairs = Number(values.pairs ?? 21);
  if (!Number.isInteger(pairs) || pairs < 1) throw new Error(`--pairs takes a number from 1 on.\n${usage}`);
  const worker = new Worker(new URL(import.meta.url));
  const next = <T>() => new Promise<T>((resolve) => worker.once('message', resolve));
  const servers = await next<BenchServers>();
  const home = mkdtempSync(join(tmpdir(), 'sts-bench-'));
  const ca = join(home, 'ca.pem');
  writeFileSync(ca, servers.caPem);
  const counts = () => {
    const answer = next<BenchCounts>();
    worker.postMessage('counts');
    return answer;
  };
  const own = [process.execPath, join(process.cwd(), 'bin', 'sts.js')];
  const extra = inherited['NODE_EXTRA_CA_CERTS'] ? ', NODE_EXTRA_CA_CERTS is set' : '';
  console.log(`Node ${process.version}, ${pairs} pairs of runs a row, medians${extra}\n`);
  const head = ['', 'node -e 0', 'sts', 'ratio', 'peak MB', 'requests', 'TLS handshakes', 'round trips'];
  const table: string[][] = [values.vs === undefined ? head : [...head, `${values.vs}`, 'ratio']];
  try {
    for (const row of rowsOf(servers, ca)) {
      const command = (program: readonly string[]): Command => ({
        argv: [...program, ...row.arguments] as [string, ...string[]],
        env: { HOME: home, ...row.env },
        ...(row.exitCode === undefined ? {} : { exitCode: row.exitCode }),
      });
      const runs = row.long ? Math.max(1, Math.round(pairs / 3)) : pairs;
      const node: Command = { argv: [process.execPath, '-e', '0'] };
      await counts();
      const result = pair(node, command(own), runs);
      const seen = await counts();
      const each = (total: number) => (total === 0 ? '' : String(total / (runs + 1)));
      const line = [
        row.name,
        ...columns(result),
        row.memory ? peakMemory(command(own)).toFixed(0) : '',
        each(seen.requests),
        each(seen.handshakes),
        each(seen.roundTrips),
      ];
      if (values.vs !== undefined) {
        const other = pair(node, command([values.vs]), runs);
        line.push(...columns(other).slice(1));
      }
      table.push(line);
      process.stderr.write('.');
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
    await worker.terminate();
  }
  process.stderr.write('\n');
  const widths = head.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0)));
  for (const line of table) console.log(`| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
}

function columns({ baseMs, ms, ratio }: Pairs): [string, string, string] {
  return [`${baseMs.toFixed(0)} ms`, `${ms.toFixed(0)} ms`, ratio.toFixed(2)];
}

function rowsOf({ http, https, slow, latencyMs }: BenchServers, ca: string): Row[] {
  const at = (url: string, keys: number) => ({ STS_CLI_URL: `${url}/${keys}`, STS_CLI_API_TOKEN: 'bench-token' });
  const secure = (url: string, keys: number) => ({ ...at(url, keys), STS_CA_CERT_PATH: ca });
  const list = ['ingestion-api-key', 'list'];
  const create = ['ingestion-api-key', 'create', '--name', 'bench'];
  const long = { memory: true, long: true };
  const line = `${latencyMs} ms each way`;
  return [
    { name: '--help', arguments: ['--help'] },
    { name: 'version', arguments: ['version'] },
    { name: 'usage error', arguments: ['ingestion-api-key', 'lst'], exitCode: 3 },
    { name: 'list, 1 key, http', arguments: list, env: at(http, 1) },
    { name: 'create, http', arguments: create, env: at(http, 1) },
    { name: 'list, 1 key, https, own CA', arguments: list, env: secure(https, 1) },
    { name: 'create, https, own CA', arguments: create, env: secure(https, 1) },
    { name: 'list, 1,000 keys', arguments: list, env: at(http, 1000), ...long },
    { name: 'list, 10,000 keys', arguments: list, env: at(http, 10_000), ...long },
    { name: 'list, 100,000 keys', arguments: list, env: at(http, 100_000), ...long },
    { name: 'list, 100,000 keys, json', arguments: [...list, '-o', 'json'], env: at(http, 100_000), ...long },
    { name: `list, 1 key, https, ${line}`, arguments: list, env: secure(slow, 1) },
    { name: `create, https, ${line}`, arguments: create, env: secure(slow, 1) },
    { name: `list, 10,000 keys, https, ${line}`, arguments: list, env: secure(slow, 10_000), ...long },
  ];
}

await (isMainThread ? bench() : serve());
