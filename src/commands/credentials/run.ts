import type { CredentialKind, Destination } from '../../credentials/ports.ts';
import { type Run, startRun } from '../../credentials/run.ts';
import { heldToItsEnd } from '../held-to-its-end.ts';
import { ingestionApiKeys, serviceTokens } from '../nouns.ts';
import type { Session } from '../verb.ts';
import { reportTo } from './report.ts';

/** What the protocol works with, made of what a verb has. */
export function runOf(session: Session, kind: CredentialKind, destination: Destination, oldKind?: CredentialKind): Run {
  const { world } = session;
  const loss =
    destination.journal === undefined
      ? `then look for a ${kind.words.short} that nobody holds: sts ${kind.words.command} list`
      : 'then run the same command again, which finishes or undoes what was begun.';
  return startRun(
    {
      kind,
      ...(oldKind === undefined ? {} : { oldKind }),
      kindNamed: async (command) =>
        [ingestionApiKeys, serviceTokens].find(({ words }) => words.command === command)?.kind(session),
      destination,
      interrupt: world.interrupt,
      clock: world,
      waiting: (label, work) => heldToItsEnd(session, label, loss, work),
      report: reportTo(session, kind, destination),
    },
    uniqueName(),
  );
}

/** Tells runs apart and keeps nothing secret, so that Node's cryptography need not be loaded for it. */
function uniqueName(): string {
  return [Date.now(), ...Array.from({ length: 2 }, () => Math.random() * 2 ** 52)]
    .map((n) => Math.floor(n).toString(36))
    .join('-');
}
