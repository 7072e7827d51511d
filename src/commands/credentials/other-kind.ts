import { StsError, UnsupportedServerError } from '../../errors.ts';
import type { Outcome, Session, Verb } from '../verb.ts';

/** The verb, which names the command that does the same with the other kind of credential where the platform lacks its own. */
export function namingOtherKind(verb: Verb): Verb {
  return {
    ...verb,
    async run(options, session): Promise<Outcome> {
      try {
        const outcome = await verb.run(options, session);
        const { failures = [] } = outcome;
        if (!failures.some((failure) => failure instanceof UnsupportedServerError)) return outcome;
        return {
          ...outcome,
          failures: await Promise.all(failures.map((failure) => withCommand(failure, verb, options, session))),
        };
      } catch (error) {
        throw error instanceof StsError ? await withCommand(error, verb, options, session) : error;
      }
    },
  };
}

async function withCommand(error: StsError, verb: Verb, options: object, session: Session): Promise<StsError> {
  if (!(error instanceof UnsupportedServerError) || error.lacks === undefined) return error;
  const { commandOfOtherKind } = await import('./other-command.ts');
  const command = await commandOfOtherKind(error.lacks, { verb, options }, session);
  return command === undefined ? error : error.because('', { hints: [command] });
}
