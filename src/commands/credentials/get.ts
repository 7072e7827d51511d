import { ExitCode, UsageError } from '../../errors.ts';
import { requestExitCodes } from '../exit-codes.ts';
import type { CredentialNoun } from '../nouns.ts';
import { type Verb, verb } from '../verb.ts';
import { idFlag, nameFlag } from './flags.ts';

export interface GetOptions {
  readonly id?: bigint;
  readonly name?: string;
}

export function getVerb(noun: CredentialNoun): Verb {
  const { command, short } = noun.words;
  return verb<GetOptions>({
    name: 'get',
    summary: `Show one ${noun.words.noun}`,
    description: `Show one ${noun.words.noun}: all that the server says of it, which is everything but the secret.`,
    flags: {
      id: idFlag(noun, `id of the ${short}`),
      name: nameFlag(noun, `name of the ${short}; of several the newest is shown`),
    },
    examples: `  # how the ${short} stands
  sts ${command} get --name ci -o wide

  # when it ends, in milliseconds, for a script
  sts ${command} get --name ci -o json | jq '."${command}".expiration'`,
    exitCodes: [...requestExitCodes, ExitCode.readerGone],
    check({ id, name }) {
      if (id !== undefined && name !== undefined)
        throw new UsageError(`--id and --name both say which ${short}: give one of them.`);
      if (id === undefined && name === undefined) {
        throw new UsageError(`No flag says which ${short} to show.`, {
          hints: ['Give its id or its name: --id ID or --name NAME'],
        });
      }
    },
    async run(options, session) {
      const { get } = await import('./get-run.ts');
      return get(noun, options, session);
    },
  });
}
