import { appendFileSync } from 'node:fs';
import { main } from '../../src/main.ts';
import type { Disk } from '../../src/platform/disk.ts';
import { endProcess, nodeWorld } from '../../src/platform/node.ts';
import type { World } from '../../src/platform/world.ts';

// The program as it is, on a disk that kills the process before or after one of its calls. Arguments: the number of that step (the first
// is 1, 0 for never), a file that takes the names of the steps, and then a command line.
const [fatal, log = '', ...argv] = process.argv.slice(2);
let steps = 0;

function step(name: string): void {
  steps += 1;
  if (log !== '') appendFileSync(log, `${name}\n`);
  if (steps === Number(fatal)) process.kill(process.pid, 'SIGKILL');
}

/** What a call is about: the journal, the key file, or neither. */
function subject(args: readonly unknown[], own: string): string {
  const paths = [...args.filter((arg) => typeof arg === 'string'), own].join(' ');
  return paths.includes('sts-pending') ? ' of the journal' : paths.includes('ingestion.key') ? ' of the key file' : '';
}

function watched<T extends object>(target: T, prefix: string): T {
  const path = 'path' in target ? String(target.path) : '';
  return new Proxy(target, {
    get(object, key) {
      const member: unknown = Reflect.get(object, key);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]) => {
        const name = `${prefix}${String(key)}${subject(args, path)}`;
        step(`before ${name}`);
        const result: unknown = await Reflect.apply(member, object, args);
        step(`after ${name}`);
        if (key === 'create') return watched(result as object, 'file.');
        return key === 'lock' && result !== undefined ? watched(result as object, 'lock.') : result;
      };
    },
  });
}

const real = nodeWorld();
let disk: Disk | undefined;
const world: World = Object.create(real, {
  disk: {
    value: async () => {
      disk ??= watched(await real.disk(), '');
      return disk;
    },
  },
});

void main(argv, world).then(endProcess);
