import { type Duration, parseDuration } from '../../dates.ts';
import { ExitCode } from '../../errors.ts';
import { requestExitCodes } from '../exit-codes.ts';
import type { CredentialNoun } from '../nouns.ts';
import { type Verb, verb } from '../verb.ts';
import { nameFlag } from './flags.ts';

export interface ListOptions {
  readonly name?: string;
  readonly expired?: boolean;
  readonly expiringWithin?: Duration;
  readonly exitCode?: boolean;
  readonly allContexts?: boolean;
}

export function listVerb(noun: CredentialNoun): Verb {
  const { command, short } = noun.words;
  return verb<ListOptions>({
    name: 'list',
    summary: noun.summaries.list,
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
      allContexts: { long: 'all-contexts', help: 'ask the servers of all contexts at once' },
    },
    examples: `  # a table of all ${short}s
  sts ${command} list

  # the same with when each was created and how it stands
  sts ${command} list -o wide

  # the ids of the ${short}s of a name, for a script
  sts ${command} list --name ci -q

  # alert in a nightly job: ends in 12 while a living ${short} expires within two weeks
  sts ${command} list --expiring-within 14d --exit-code

  # the same for ${short}s that have expired already, too
  sts ${command} list --expiring-within 14d --expired --exit-code

  # all servers of the config file, for the textfile collector of node_exporter
  sts ${command} list --all-contexts -o prometheus > sts.prom.new && mv sts.prom.new sts.prom`,
    exitCodes: [...requestExitCodes, ExitCode.finding, ExitCode.readerGone],
    prometheus: true,
    async run(options, session) {
      const { list, listAll } = await import('./list-run.ts');
      return options.allContexts ? listAll(noun, options, session) : list(noun, options, session);
    },
  });
}
