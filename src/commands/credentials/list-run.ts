import type { Credential } from '../../credentials/ports.ts';
import { addDuration } from '../../dates.ts';
import { ExitCode, ServerError } from '../../errors.ts';
import { digitsOf, sortByBytes } from '../../ids.ts';
import { type CredentialNoun, documentOf } from '../nouns.ts';
import type { Outcome, Session } from '../verb.ts';
import type { Clocks } from './clocks.ts';
import { expiresBy, isExpired } from './expiry.ts';
import type { ListOptions } from './list.ts';
import { listingOf } from './listing.ts';

/** Lists credentials, sorted by name. A row of the server that makes no sense is a failure, and the others are shown all the same. */
export async function list(noun: CredentialNoun, options: ListOptions, session: Session): Promise<Outcome> {
  // A time beyond the calendar is refused before anything is sent.
  if (options.expiringWithin !== undefined) addDuration(session.world.now(), options.expiringWithin);
  const { credentials, rejected, clocks } = await listingOf(noun, session);
  const found = sortByBytes(credentials.filter(filterOf(options, clocks)), ({ name }) => name);
  // An empty list would say that there is none.
  if (found.length === 0 && rejected.length > 0) throw new ServerError(rejected.join('\n'));
  return {
    data: { name: `${noun.words.command}s`, rows: documentsOf(found) },
    async text(view) {
      if (view.prometheus) {
        const context = (await session.settings()).contextName ?? '';
        const { prometheusText } = await import('./prometheus.ts');
        const placed = found.map((credential) => ({ context, credential }));
        return prometheusText(noun, placed, [{ name: context, isUp: true }]);
      }
      if (found.length === 0) return `No ${noun.plural} found.\n`;
      const { credentialTable } = await import('./table.ts');
      return credentialTable(noun, found, { ...view, nowFor: () => clocks.now });
    },
    values: idsOf(found),
    warnings: clocks.warning === undefined ? [] : [clocks.warning],
    notes: found.length === 0 ? await nearNotes(options, credentials) : [],
    failures: rejected.map((sentence) => new ServerError(sentence)),
    ...(options.exitCode && found.length > 0 ? { exitCode: ExitCode.finding } : {}),
  };
}

/** `--all-contexts`: what fails is told on stderr, and the rest is shown. */
export async function listAll(noun: CredentialNoun, options: ListOptions, session: Session): Promise<Outcome> {
  if (options.expiringWithin !== undefined) addDuration(session.world.now(), options.expiringWithin);
  const { listEverywhere } = await import('./all-contexts.ts');
  const { placed, contexts, failures, warnings } = await listEverywhere(noun, session, (clocks) => filterOf(options, clocks));
  return {
    data: {
      name: `${noun.words.command}s`,
      rows: placed.map(({ context, credential }) => ({ context, ...documentOf(credential) })),
    },
    async text(view) {
      if (view.prometheus) {
        const { prometheusText } = await import('./prometheus.ts');
        return prometheusText(noun, placed, contexts);
      }
      // A server that was not reached may have some.
      if (placed.length === 0) return failures.length > 0 ? '' : `No ${noun.plural} found.\n`;
      const [{ credentialTable }, { withContexts }] = await Promise.all([import('./table.ts'), import('./context-column.ts')]);
      const clocks = new Map(placed.map(({ credential, now }) => [credential, now]));
      return credentialTable(
        withContexts(noun, placed),
        placed.map(({ credential }) => credential),
        { ...view, nowFor: (credential) => clocks.get(credential) ?? view.now },
      );
    },
    values: idsOf(placed.map(({ credential }) => credential)),
    warnings,
    failures,
    ...(options.exitCode && placed.length > 0 ? { exitCode: ExitCode.finding } : {}),
  };
}

/**
 * `--name` narrows; `--expired` and `--expiring-within` together show what either of them would. Where the two clocks differ, expired is
 * what the server calls so, as in the table, while `delete --expired` waits until both do. What ends soon by either of them is shown: an
 * alarm must not be missed.
 */
function filterOf(options: ListOptions, { now, earliest, latest }: Clocks): (credential: Credential) => boolean {
  const { name, expired = false, expiringWithin } = options;
  const clocks = earliest === latest ? [earliest] : [earliest, latest];
  const spans = expiringWithin === undefined ? [] : clocks.map((from) => [from, addDuration(from, expiringWithin)] as const);
  return (credential) => {
    if (name !== undefined && credential.name !== name) return false;
    if (!expired && expiringWithin === undefined) return true;
    return (expired && isExpired(credential, now)) || spans.some(([from, until]) => expiresBy(credential, from, until));
  };
}

async function nearNotes({ name }: ListOptions, listed: readonly Credential[]): Promise<string[]> {
  if (name === undefined || listed.some((credential) => credential.name === name)) return [];
  const { nearHint } = await import('./missing.ts');
  return [nearHint(name, listed)].filter((hint) => hint !== undefined);
}

function* documentsOf(credentials: readonly Credential[]) {
  for (const credential of credentials) yield documentOf(credential);
}

function* idsOf(credentials: readonly Credential[]) {
  for (const { id } of credentials) yield digitsOf(id);
}
