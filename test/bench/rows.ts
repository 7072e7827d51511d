import type { BenchServers } from './server.ts';

/** One line of the table: what the programs are asked to do. */
export interface Row {
  readonly name: string;
  readonly arguments: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The exit code our own program must end in, default 0; what another program says to a usage error is its own affair. */
  readonly exitCode?: number;
  /** Takes long: a third of the runs, and the memory is told. */
  readonly long?: boolean;
}

/** @param ca path of a PEM file with the CA of the https servers. */
export function rowsOf({ http, https, slow, latencyMs }: BenchServers, ca: string): Row[] {
  const at = (url: string, keys: number) => ({ STS_CLI_URL: `${url}/${keys}`, STS_CLI_API_TOKEN: 'bench-token' });
  const secure = (url: string, keys: number) => ({ ...at(url, keys), STS_CA_CERT_PATH: ca });
  const list = ['ingestion-api-key', 'list'];
  const create = ['ingestion-api-key', 'create', '--name', 'bench'];
  const line = `${latencyMs} ms each way`;
  return [
    { name: '--help', arguments: ['--help'] },
    { name: 'version', arguments: ['version'] },
    { name: 'usage error', arguments: ['ingestion-api-key', 'lst'], exitCode: 3 },
    { name: 'list, 1 key, http', arguments: list, env: at(http, 1) },
    { name: 'create, http', arguments: create, env: at(http, 1) },
    { name: 'list, 1 key, https, own CA', arguments: list, env: secure(https, 1) },
    { name: 'create, https, own CA', arguments: create, env: secure(https, 1) },
    { name: 'list, 1,000 keys', arguments: list, env: at(http, 1000), long: true },
    { name: 'list, 10,000 keys', arguments: list, env: at(http, 10_000), long: true },
    { name: 'list, 100,000 keys', arguments: list, env: at(http, 100_000), long: true },
    { name: 'list, 100,000 keys, json', arguments: [...list, '-o', 'json'], env: at(http, 100_000), long: true },
    { name: `list, 1 key, https, ${line}`, arguments: list, env: secure(slow, 1) },
    { name: `create, https, ${line}`, arguments: create, env: secure(slow, 1) },
    { name: `list, 10,000 keys, https, ${line}`, arguments: list, env: secure(slow, 10_000), long: true },
  ];
}
