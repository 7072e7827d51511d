import type { IngestionApiKey } from '../../api/model.ts';
import { formatDate } from '../../dates.ts';
import { UsageError } from '../../errors.ts';
import type { JsonValue } from '../../json.ts';
import type { LegacySession as Session } from '../legacy.ts';

/** A key as JSON shows it: members the server left out stay out, a secret stays out unless it is asked for. */
export function keyDocument(key: IngestionApiKey, apiKey?: string): Record<string, JsonValue> {
  return {
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(key.description === undefined ? {} : { description: key.description }),
    ...(key.expiration === undefined ? {} : { expiration: key.expiration }),
    id: key.id,
    lastUpdateTimestamp: key.lastUpdateTimestamp,
    name: key.name,
  };
}

/**
 * A name as a parser for commander: one that is empty or blank names nothing.
 * @param flag what the user typed it behind, for the message.
 * @throws UsageError
 */
export function parseName(value: string, flag = '--name'): string {
  if (value.trim() === '') throw new UsageError(`${flag} is empty: it takes the name of a key.`);
  return value;
}

/**
 * `--key-file` as a parser for commander.
 * @param dash what `-` stands for; undefined where it is no file.
 * @throws UsageError for what names no file, such as a variable that was not set.
 */
export function parseKeyFile(value: string, dash?: 'stdin' | 'stdout'): string {
  if (value === '' || value.includes('\0') || (value === '-' && dash === undefined)) {
    const other = dash === undefined ? '' : `, or "-" for ${dash}`;
    throw new UsageError('--key-file is no path.', { hints: [`Name a file: --key-file PATH${other}.`] });
  }
  if (value.endsWith('/'))
    throw new UsageError(`--key-file ${JSON.stringify(value)} is a folder.`, { hints: ['Name a file in it: --key-file PATH'] });
  return value;
}

const dayMs = 24 * 60 * 60 * 1000;
/** A day says little of a key that ends within two. */
const soonMs = 2 * dayMs;

/**
 * When a key ends, as a sentence's end: `never`, `2027-02-23`, or with the time of day where it is near and not midnight.
 * @param now milliseconds since the epoch.
 */
export function endOf({ expiration }: Pick<IngestionApiKey, 'expiration'>, now: number): string {
  if (expiration === undefined) return 'never';
  const near = expiration > BigInt(now - soonMs) && expiration < BigInt(now + soonMs);
  return near && expiration % BigInt(dayMs) !== 0n
    ? `${new Date(Number(expiration)).toISOString().slice(0, 16).replace('T', ' ')} UTC`
    : formatDate(expiration);
}

/** How long after a signal it is said why the program goes on. */
const patienceMs = 300;

/**
 * Waits for a request that changes something, and says on a first signal why the program does not end at once: whoever presses Ctrl-C
 * and sees nothing presses it again, and that loses the answer.
 * @param label what is being done.
 * @param loss what a second signal may cost.
 */
export async function heldToItsEnd<T>(session: Session, label: string, loss: string, work: () => Promise<T>): Promise<T> {
  const { runtime, printer } = session;
  let saying: NodeJS.Timeout | undefined;
  const onInterrupt = () => {
    saying = setTimeout(async () => {
      if (printer.animate && printer.output === 'text') await runtime.stderr.write('\r\u001b[K').catch(() => undefined);
      await printer.warn(`Interrupted, and waiting for the server's answer. A second signal ends at once; ${loss}`);
    }, patienceMs);
  };
  runtime.interrupt.addEventListener('abort', onInterrupt, { once: true });
  try {
    return await session.waiting(label, work);
  } finally {
    runtime.interrupt.removeEventListener('abort', onInterrupt);
    clearTimeout(saying);
  }
}

/** What a second signal may cost while a key is being created. */
export const lossOfCreation = 'then look for a key that nobody holds: sts ingestion-api-key list';
