import { setTimeout as delay } from 'node:timers/promises';
import { saveContext } from '../../src/config/store.ts';
import { nodeDisk } from '../../src/platform/node-disk.ts';

// Saves one context: PATH NAME, and prints the warnings. Started as a process by store.test.ts.
const [path = '', name = ''] = process.argv.slice(2);
const access = {
  disk: nodeDisk,
  sleep: (ms: number) => delay(ms),
  warn: (line: string) => void process.stdout.write(`${line}\n`),
};
saveContext(access, path, name, { url: `https://${name}.example.com`, apiToken: name }).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
