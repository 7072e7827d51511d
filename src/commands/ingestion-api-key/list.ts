import { Command } from 'commander';
import type { IngestionApiKey } from '../../api/model.ts';
import { describeVerb } from '../../cli/help.ts';
import type { Dispatch } from '../../cli/program.ts';
import type { Session } from '../../cli/session.ts';
import { addDuration, type Duration, parseDuration } from '../../dates.ts';
import { ExitCode, ServerError } from '../../errors.ts';
import { compareBytes } from '../../ids.ts';
import { jsonBlocks } from '../../json.ts';
import { expiresBy, isExpired } from './expiry.ts';
import { keyDocument, parseName, requestExitCodes } from './shared.ts';

export interface ListOptions {
  readonly name?: string;
  readonly expired?: boolean;
  readonly expiringWithin?: Duration;
  readonly exitCode?: boolean;
}

const examples = `  # a table of all keys
  sts ingestion-api-key list

  # the id of a key, for a script
  sts ingestion-api-key list -o json | jq -r '."ingestion-api-keys"[] | select(.name == "ci").id'

  # alert in a nightly job: ends in 12 while a living key expires within two weeks
  sts ingestion-api-key list --expiring-within 14d --exit-code

  # the same for keys that have expired already, too
  sts ingestion-api-key list --expiring-within 14d --expired --exit-code`;

export function listCommand(dispatch: Dispatch): Command {
  const command = new Command('list')
    .description('List Ingestion Api Keys')
    .option('-n, --name <name>', 'only keys of exactly this name', parseName)
    .option('--expired', 'only keys that have expired')
    .option(
      '--expiring-within <duration>',
      'only keys that live now and expire within this time: 14d, 12h, 2w, 6mo; with --expired, those or expired ones',
      (value: string) => parseDuration(value, '--expiring-within'),
    )
    .option('--exit-code', 'end in 12 if any key is listed')
    .action((options: ListOptions) => dispatch(command, (session) => runList(options, session)));
  return describeVerb(command, { examples, exitCodes: [...requestExitCodes, ExitCode.finding] });
}

/**
 * Lists the keys sorted by name: `GET /security/ingestion/api_keys`.
 * @returns `server` (2) when the server sent a row that is no key, which is reported while the others are shown; else `finding`
 * (12) when any key is listed and `--exit-code` asks for it.
 */
export async function runList(options: ListOptions, session: Session): Promise<ExitCode | undefined> {
  const { runtime, printer } = session;
  const wanted = filterOf(options, runtime.now());
  const api = await session.api();
  const listing = await session.waiting('Listing keys', () => api.listKeys({ signal: runtime.interrupt }));
  const keys = listing.keys.filter(wanted).sort((a, b) => compareBytes(a.name, b.name));
  // That there is none cannot be said.
  if (keys.length === 0 && listing.rejected.length > 0) throw new ServerError(listing.rejected.join('\n'));
  await printer.result({ text: await tableOf(keys, session), json: jsonBlocks('ingestion-api-keys', documentsOf(keys)) });
  if (listing.rejected.length > 0) {
    // Under JSON, stderr takes one document.
    if (printer.output === 'json') throw new ServerError(listing.rejected.join('\n'));
    for (const sentence of listing.rejected) await printer.warn(sentence);
    return ExitCode.server;
  }
  return options.exitCode && keys.length > 0 ? ExitCode.finding : undefined;
}

/**
 * `--name` narrows; `--expired` and `--expiring-within` together show the keys that either of them would.
 * @throws UsageError for a time that ends beyond the calendar.
 */
function filterOf({ name, expired = false, expiringWithin }: ListOptions, now: number): (key: IngestionApiKey) => boolean {
  const until = expiringWithin === undefined ? undefined : addDuration(now, expiringWithin);
  return (key) => {
    if (name !== undefined && key.name !== name) return false;
    if (!expired && until === undefined) return true;
    return (expired && isExpired(key, now)) || (until !== undefined && expiresBy(key, now, until));
  };
}

function* documentsOf(keys: readonly IngestionApiKey[]) {
  for (const key of keys) yield keyDocument(key);
}

async function tableOf(keys: readonly IngestionApiKey[], { runtime, printer }: Session): Promise<string | Iterable<string>> {
  if (printer.output === 'json') return '';
  if (keys.length === 0) return 'No ingestion api keys found.\n';
  const { keyTable } = await import('./key-table.ts');
  return keyTable(keys, { now: runtime.now(), color: printer.color, width: printer.width });
}
