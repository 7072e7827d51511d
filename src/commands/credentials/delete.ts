import { ExitCode, UsageError } from '../../errors.ts';
import { requestExitCodes } from '../exit-codes.ts';
import type { CredentialNoun } from '../nouns.ts';
import { type Verb, verb } from '../verb.ts';
import { idFlag, nameFlag } from './flags.ts';
import { type SelectorOptions, selectorOf } from './selector.ts';

export interface DeleteOptions extends SelectorOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly ifExists?: boolean;
}

export function deleteVerb(noun: CredentialNoun): Verb {
  const { command, short } = noun.words;
  return verb<DeleteOptions>({
    name: 'delete',
    summary: noun.summaries.delete,
    flags: {
      id: { ...idFlag(noun, `id of the ${short}; repeatable`), repeatable: true },
      name: { ...nameFlag(noun, `delete every ${short} of exactly this name; repeatable`), repeatable: true },
      superseded: { long: 'superseded', help: `with --name: keep the newest ${short} of the name` },
      keyFile: {
        long: 'key-file',
        value: 'path',
        parse: parseKeyFile,
        complete: 'file',
        help: 'with --superseded: delete nothing while a rotation of this key file runs or is unfinished',
      },
      expired: { long: 'expired', help: `delete every ${short} that has expired` },
      dryRun: { long: 'dry-run', help: 'say what would be deleted, delete nothing' },
      yes: { long: 'yes', short: 'y', help: 'do not ask; needed for --name and --expired off a terminal' },
      ifExists: { long: 'if-exists', help: `a ${short} that is not there is no failure` },
    },
    examples: `  # delete the ${short} with this id; 'sts ${command} list' shows the ids
  sts ${command} delete --id 250558013078953

  # all ${short}s of a name but the newest, as a rotation leaves them
  sts ${command} delete --name ci --superseded --key-file ./ingestion.key --yes

  # see what would be deleted
  sts ${command} delete --expired --dry-run`,
    exitCodes: [...requestExitCodes, ExitCode.unknownOutcome],
    check: (options) => void selectorOf(options, noun.words),
    async run(options, session) {
      const { remove } = await import('./removal.ts');
      return remove(noun, options, session);
    },
  });
}

function parseKeyFile(text: string): string {
  if (text === '' || text === '-' || text.includes('\0'))
    throw new UsageError('--key-file is not a path.', { hints: ['Name a file: --key-file PATH.'] });
  if (text.endsWith('/'))
    throw new UsageError(`--key-file ${JSON.stringify(text)} is a folder.`, { hints: ['Name a file in it: --key-file PATH'] });
  return text;
}
