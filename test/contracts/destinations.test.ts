import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Destination, Issued } from '../../src/credentials/ports.ts';
import { commandDestination } from '../../src/destinations/command.ts';
import { stdoutDestination } from '../../src/destinations/stdout.ts';
import { DeliveryError } from '../../src/errors.ts';
import { nodeProcesses } from '../../src/platform/node-processes.ts';
import { testTime } from '../support/stackstate.ts';
import { tempFolder } from '../support/temp.ts';
import { testClock } from '../support/test-clock.ts';
import { keyFileIn, secretFor, secretIn, startSecretCluster } from './destinations.ts';
import { memoryDestination, memoryPlace } from './memory-destination.ts';

// What every destination promises, whatever it is.

interface Subject {
  /** The destination as one run sees it. */
  forRun(): Destination;
  /** What its readers see; undefined: nothing. */
  held(): string | undefined;
  /** What else it has left. */
  leftovers(): readonly string[];
  /** From here on it cannot take anything. */
  breakIt(): void;
  /** Whether it can be read again. */
  readonly isReadable: boolean;
}

interface Case {
  readonly title: string;
  start(): Promise<Subject>;
}

const issued: Issued = { id: 12n, name: 'ci', secret: 'iapikeyok-FIRST' };
const next: Issued = { id: 13n, name: 'ci', secret: 'iapikeyok-SECOND' };

const cases: readonly Case[] = [
  {
    title: 'standard output',
    async start() {
      const shown: string[] = [];
      let broken = false;
      const refuse = () => {
        if (broken) throw new DeliveryError('Standard output is closed.');
      };
      const show = async ({ secret }: Issued) => {
        refuse();
        shown.push(secret);
      };
      return {
        forRun: () => stdoutDestination({ prove: refuse, show }),
        held: () => shown.at(-1),
        leftovers: () => [],
        breakIt: () => {
          broken = true;
        },
        isReadable: false,
      };
    },
  },
  {
    title: 'a command',
    async start() {
      const folder = tempFolder();
      const store = join(folder, 'store');
      const script = `test ! -e ${join(folder, 'broken')} && cat > ${store}`;
      const render = (secret: string) => `${secret}\n`;
      const options = { processes: nodeProcesses, command: script, timeoutMs: 10_000, render, onOutput: () => {} };
      return {
        forRun: () => commandDestination(options),
        held: () => (existsSync(store) ? readFileSync(store, 'utf8').trimEnd() : undefined),
        leftovers: () => [],
        breakIt: () => mkdirSync(join(folder, 'broken')),
        isReadable: false,
      };
    },
  },
  {
    title: 'a key file',
    async start() {
      const path = join(tempFolder(), 'ingestion.key');
      const file = keyFileIn(path);
      return {
        ...file,
        forRun: () => file.forRun(),
        // Root writes where it likes, so the folder goes as well.
        breakIt: () => {
          chmodSync(dirname(path), 0o500);
          if (!existsSync(path)) mkdirSync(path);
          else mkdirSync(`${path}.d`);
        },
        isReadable: true,
      };
    },
  },
  {
    title: 'a Kubernetes Secret',
    async start() {
      const { kubernetes, client } = await startSecretCluster(testClock(testTime));
      const secret = secretIn(kubernetes, client);
      return {
        ...secret,
        forRun: () => secretFor(client, { isReplaced: false, force: true }),
        breakIt: () => kubernetes.setFault('any', { kind: 'status', status: 403, body: forbidden }),
        isReadable: true,
      };
    },
  },
  {
    title: 'a destination in memory',
    async start() {
      const place = memoryPlace();
      let broken = false;
      const write: typeof place.write = async (journal, changed) => {
        if (broken) throw new DeliveryError('The memory is full.');
        return place.write(journal, changed);
      };
      return {
        forRun: () => memoryDestination({ ...place, write }),
        held: () => place.state.held,
        leftovers: () => (place.state.journal === undefined ? [] : ['journal']),
        breakIt: () => {
          broken = true;
        },
        isReadable: true,
      };
    },
  },
];

const forbidden = JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Forbidden', code: 403 });

async function deliver(destination: Destination, credential: Issued): Promise<void> {
  await destination.open();
  try {
    await destination.journal?.read();
    await destination.prove();
    await destination.deliver(credential);
  } finally {
    await destination.close();
  }
}

describe.each(cases)('$title', ({ start }) => {
  test('what is delivered is held, whole, and nothing else is left', async () => {
    const subject = await start();
    await deliver(subject.forRun(), issued);
    expect(subject.held()).toBe(issued.secret);
    expect(subject.leftovers()).toEqual([]);
    if (subject.isReadable) expect(await subject.forRun().current()).toBe(issued.secret);
  });

  test('the next one takes its place', async () => {
    const subject = await start();
    await deliver(subject.forRun(), issued);
    await deliver(subject.forRun(), next);
    expect(subject.held()).toBe(next.secret);
    expect(subject.leftovers()).toEqual([]);
  });

  test('a proof changes nothing, and giving up leaves nothing', async () => {
    const subject = await start();
    const destination = subject.forRun();
    await destination.open();
    await destination.journal?.read();
    await destination.prove();
    expect(subject.held()).toBeUndefined();
    await destination.close();
    await destination.close();
    expect(subject.held()).toBeUndefined();
    expect(subject.leftovers()).toEqual([]);
    // Giving up is no obstacle for the next one.
    await deliver(subject.forRun(), issued);
    expect(subject.held()).toBe(issued.secret);
  });

  test('what cannot be read yet is empty', async () => {
    const subject = await start();
    expect(await subject.forRun().current()).toBeUndefined();
  });

  test('a delivery that fails is a DeliveryError that does not quote the secret, and changes nothing', async () => {
    const subject = await start();
    const destination = subject.forRun();
    await destination.open();
    await destination.journal?.read();
    await destination.prove();
    subject.breakIt();
    const failure: unknown = await destination.deliver(issued).catch((error: unknown) => error);
    await destination.close();
    expect(failure).toBeInstanceOf(DeliveryError);
    expect(failure).toMatchObject({ exitCode: 6 });
    expect(told(failure)).not.toContain(issued.secret);
    expect(subject.leftovers().filter((name) => name.includes('.sts-'))).toEqual([]);
  });

  test('it says what it is, and by which flags it is named', async () => {
    const subject = await start();
    const { description, flags, readersNeedMs } = subject.forRun();
    expect(description).toMatch(/^(?:the |standard output)/);
    expect(flags).toMatch(/^(?:--\S+.*)?$/);
    expect(readersNeedMs).toBeGreaterThanOrEqual(0);
  });
});

function told(error: unknown): string {
  return error instanceof Error
    ? [error.message, JSON.stringify('hints' in error ? error.hints : []), told(error.cause)].join('\n')
    : '';
}
