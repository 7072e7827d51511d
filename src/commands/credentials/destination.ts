import type { Destination, Issued } from '../../credentials/ports.ts';
import type { Session } from '../verb.ts';
import type { DeliveryPlan } from './delivery-plan.ts';

export interface OpenOptions {
  readonly session: Session;
  /** Shows the secret as the verb's own result on stdout. */
  readonly show: (issued: Issued) => Promise<void>;
  /** Whether the verb works on a secret that is there already, as `rotate` does. */
  readonly isReplaced: boolean;
  /** Whether the verb may create a Secret that is missing. */
  readonly mayCreate: boolean;
}

/** The destination that a plan names: one line each. Nothing is asked or touched yet. */
export async function destinationOf(plan: DeliveryPlan, options: OpenOptions): Promise<Destination> {
  const { session } = options;
  switch (plan.to) {
    case 'result':
      return (await import('../../destinations/stdout.ts')).stdoutDestination({
        prove: () => session.stdout.prove(),
        show: options.show,
      });
    case 'stdout':
      return (await import('./open-document.ts')).openStdoutDocument(plan, session);
    case 'file':
      return (await import('./open-document.ts')).openKeyFile(plan, options);
    case 'context':
      return (await import('./open-context.ts')).openContext(session);
    case 'command':
      return (await import('./open-document.ts')).openCommand(plan, options);
    case 'kubernetes':
      return (await import('./open-kubernetes.ts')).openSecret(plan, options);
  }
}
