import type { Noun, Program, Verb } from '../commands/verb.ts';
import { versionVerb } from '../commands/version.ts';

/** A noun whose verbs are loaded when it is named: no start waits for those of another one. */
interface Entry extends Omit<Noun, 'verbs'> {
  verbs(): Promise<readonly Verb[]>;
}

const entries: readonly Entry[] = [
  {
    name: 'ingestion-api-key',
    summary: 'Manage API Keys used by ingestion pipelines',
    // The slips in this sentence ("an so on", "send by") are the reference's own: users and scripts know it by them.
    description:
      'Manage API Keys used by ingestion pipelines, means data (spans, metrics, logs an so on) send by STS Agent, OTel and so on.',
    examples: `  # a key for a collector, into a file that only you can read
  sts ingestion-api-key create --name otel --expires-in 90d --key-file ./ingestion.key

  # replace it by a new one, and delete it once the new one is delivered
  sts ingestion-api-key rotate --name otel --key-file ./ingestion.key --delete-old

  # which keys end within two weeks?
  sts ingestion-api-key list --expiring-within 14d`,
    verbs: async () => (await import('../commands/ingestion-api-key/index.ts')).ingestionApiKeyVerbs,
  },
  {
    name: 'service-token',
    summary: 'Manage service tokens for API authentication',
    description: 'Manage service tokens of programs and, from 2.3.6 on, of agents and collectors.',
    examples: `  # a token for a collector, into a file that only you can read
  sts service-token create --name otel --roles stackstate-ingest-telemetry --expires-in 90d --key-file ./otel.token

  # all tokens, with when each was created and how it stands
  sts service-token list -o wide`,
    verbs: async () => (await import('../commands/service-token/index.ts')).serviceTokenVerbs,
  },
  {
    name: 'context',
    summary: 'Manage the connections to StackState that the config file holds',
    description: 'Manage the connections to StackState that the config file holds.',
    examples: `  # save a connection; the token is read from stdin
  sts context save --name prod --url https://stackstate.example.com --service-token - < token.txt

  # use another one from now on, or for one command
  sts context set --name test
  sts ingestion-api-key list --context prod`,
    verbs: async () => (await import('../commands/context/index.ts')).contextVerbs,
  },
  {
    name: 'completion',
    summary: 'Generate the script that completes sts command lines in a shell',
    description: 'Generate the script that completes sts command lines in a shell.',
    examples: `  # in this shell; see 'sts completion bash --help' for every shell
  source <(sts completion bash)`,
    verbs: async () => (await import('../commands/completion.ts')).completionVerbs(() => loadProgram()),
  },
];

/**
 * The commands of the program.
 * @param words a command line: a noun that it does not name comes without its verbs. Default: all of them.
 */
export async function loadProgram(words?: readonly string[]): Promise<Program> {
  const nouns = entries.map(async ({ verbs, ...noun }): Promise<Noun> => {
    return { ...noun, verbs: words === undefined || words.includes(noun.name) ? await verbs() : [] };
  });
  return {
    name: 'sts',
    summary: 'StackState CLI for ingestion API keys and service tokens',
    description: 'StackState CLI for ingestion API keys and service tokens.',
    examples: `  # connect, then create a key that is shown this once
  sts context save --url https://stackstate.example.com --service-token -
  sts ingestion-api-key create --name otel --expires-in 90d`,
    verbs: [versionVerb],
    nouns: await Promise.all(nouns),
  };
}
