import type { Issued } from '../../credentials/ports.ts';
import { DeliveryError } from '../../errors.ts';
import { type CredentialNoun, documentOf } from '../nouns.ts';
import type { Members, Session, View } from '../verb.ts';
import type { DeliveryPlan } from './delivery-plan.ts';

/** What stands on stdout once a new credential is delivered: the members of its document, and its line of text. */
export interface Delivered {
  readonly data: Members;
  text(view: View): string;
  readonly values: readonly string[];
  /** Where the secret is, for when the result cannot be shown. */
  readonly done?: string;
}

/** Shows a new secret on stdout as the verb's own result. */
export function showSecret({ stdout }: Session, noun: CredentialNoun): (issued: Issued) => Promise<void> {
  return (issued) =>
    stdout.show({
      data: { [noun.words.command]: noun.issued(issued) },
      text: (view) => view.success(noun.generated(issued.secret)),
      value: issued.secret,
    });
}

/** The result for a new credential, which never shows the secret where it went elsewhere. */
export function deliveredTo(plan: DeliveryPlan, noun: CredentialNoun, issued: Issued, place: string): Delivered {
  const { command } = noun.words;
  const id = issued.id === undefined ? '' : ` (id ${issued.id})`;
  if (plan.to === 'result') {
    return {
      data: { [command]: noun.issued(issued) },
      text: (view) => view.success(noun.generated(issued.secret)),
      values: [issued.secret],
    };
  }
  const where = {
    stdout: {},
    file: { 'key-file': plan.to === 'file' ? plan.path : '' },
    kubernetes: { 'kubernetes-secret': place.replace(/^the Secret /, '') },
    context: { 'saved-context': place.replace(/^the context /, '') },
    command: { 'key-command': true },
  }[plan.to];
  const target = plan.to === 'file' ? plan.path : place;
  return {
    data: { [command]: documentOf(issued), ...where },
    text: (view) => view.success(`${noun.titled} ${plan.to === 'command' ? 'given' : 'written'} to ${target}${id}`),
    values: [],
    done: `The new ${noun.words.short}${issued.id === undefined ? '' : ` ${issued.id}`} is in ${target}.`,
  };
}

/** A result that nobody can read is no reason to begin something that cannot be taken back. @throws DeliveryError */
export function refuseClosedStdout(plan: DeliveryPlan, session: Session): void {
  if (plan.to === 'result' || plan.to === 'stdout' || session.world.stdout.state !== 'closed') return;
  throw new DeliveryError('Standard output is closed, so the result could not be said. Nothing was done.', {
    hints: ['Keep standard output open, or send it to the null device: >/dev/null'],
  });
}
