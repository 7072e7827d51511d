import type { Credential } from '../../credentials/ports.ts';
import { addDuration, type Duration, parseDuration } from '../../dates.ts';
import { ExitCode, ServerError } from '../../errors.ts';
import { compareBytes } from '../../ids.ts';
import { requestExitCodes } from '../exit-codes.ts';
import type { CredentialNoun } from '../nouns.ts';
import { type Outcome, type Session, type Verb, verb } from '../verb.ts';
import { expiresBy, isExpired } from './expiry.ts';
import { nameFlag } from './flags.ts';

export interface ListOptions {
  readonly name?: string;
  readonly expired?: boolean;
  readonly expiringWithin?: Duration;
  readonly exitCode?: boolean;
}

export function listVerb(noun: CredentialNoun): Verb {
  const { command, short } = noun.words;
  return verb<ListOptions>({
    name: 'list',
    summary: `List ${noun.title}s`,
    flags: {
      name: nameFlag(noun, `only ${short}s of exactly this name`),
      expired: { long: 'expired', help: `only ${short}s that have expired` },
      expiringWithin: {
        long: 'expiring-within',
        value: 'duration',
        parse: (text) => parseDuration(text, '--expiring-within'),
        help: `only ${short}s that live now and expire within this time: 14d, 12h, 2w, 6mo; with --expired, those or expired ones`,
      },
      exitCode: { long: 'exit-code', help: `end in 12 if any ${short} is listed` },
    },
    examples: `  # a table of all ${short}s
  sts ${command} list

  # the id of a ${short}, for a script
  sts ${command} list -o json | jq -r '."${command}s"[] | select(.name == "ci").id'

  # alert in a nightly job: ends in 12 while a living ${short} expires within two weeks
  sts ${command} list --expiring-within 14d --exit-code

  # the same for ${short}s that have expired already, too
  sts ${command} list --expiring-within 14d --expired --exit-code`,
    exitCodes: [...requestExitCodes, ExitCode.finding],
    run: (options, session) => list(noun, options, session),
  });
}

/** Lists credentials, sorted by name. A row of the server that makes no sense is a failure, and the others are shown all the same. */
async function list(noun: CredentialNoun, options: ListOptions, session: Session): Promise<Outcome> {
  const { now, interrupt } = session.world;
  const wanted = filterOf(options, now());
  const api = await session.api();
  const label = `Listing ${noun.words.short}s`;
  const listing = await session.progress.waiting(label, () => noun.list(api, { signal: interrupt }));
  const found = listing.credentials.filter(wanted).sort((a, b) => compareBytes(a.name, b.name));
  // An empty list would say that there is none.
  if (found.length === 0 && listing.rejected.length > 0) throw new ServerError(listing.rejected.join('\n'));
  return {
    data: { name: `${noun.words.command}s`, rows: documentsOf(noun, found) },
    async text(view) {
      if (found.length === 0) return `No ${noun.plural} found.\n`;
      const { credentialTable } = await import('./table.ts');
      return credentialTable(noun, found, view);
    },
    values: idsOf(found),
    failures: listing.rejected.map((sentence) => new ServerError(sentence)),
    ...(options.exitCode && found.length > 0 ? { exitCode: ExitCode.finding } : {}),
  };
}

/**
 * `--name` narrows; `--expired` and `--expiring-within` together show what either of them would.
 * @throws UsageError for a time that ends beyond the calendar.
 */
function filterOf({ name, expired = false, expiringWithin }: ListOptions, now: number): (credential: Credential) => boolean {
  const until = expiringWithin === undefined ? undefined : addDuration(now, expiringWithin);
  return (credential) => {
    if (name !== undefined && credential.name !== name) return false;
    if (!expired && until === undefined) return true;
    return (expired && isExpired(credential, now)) || (until !== undefined && expiresBy(credential, now, until));
  };
}

function* documentsOf(noun: CredentialNoun, credentials: readonly Credential[]) {
  for (const credential of credentials) yield noun.document(credential);
}

function* idsOf(credentials: readonly Credential[]) {
  for (const { id } of credentials) yield String(id);
}
