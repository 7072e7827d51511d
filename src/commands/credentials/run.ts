import { randomBytes } from 'node:crypto';
import type { CredentialKind, Destination } from '../../credentials/ports.ts';
import { type Run, startRun } from '../../credentials/run.ts';
import { heldToItsEnd } from '../held-to-its-end.ts';
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
      destination,
      interrupt: world.interrupt,
      clock: world,
      waiting: (label, work) => heldToItsEnd(session, label, loss, work),
      report: reportTo(session, kind, destination),
    },
    randomBytes(9).toString('base64url'),
  );
}
