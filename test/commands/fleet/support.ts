import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { StackState, StackStateOptions } from '../../stackstate/server.ts';
import { tokens } from '../../stackstate/server.ts';
import { startForTest, tempFolder } from '../../support/run.ts';

/** Servers, and a config file with a context for each, by name. */
export async function startFleet(names: readonly string[], options: StackStateOptions = {}) {
  const servers = new Map<string, StackState>();
  for (const name of names) servers.set(name, await startForTest(options));
  const folder = tempFolder();
  const config = join(folder, 'config.yaml');
  const contexts = [...servers].map(([name, { url }]) => ({ name, context: { url, 'service-token': tokens.service } }));
  writeFileSync(config, stringify({ contexts, 'current-context': names[0] }), { mode: 0o600 });
  const server = (name: string): StackState => {
    const found = servers.get(name);
    if (found === undefined) throw new Error(`no server ${name}`);
    return found;
  };
  return { folder, config, server, flags: ['--config', config] };
}
