import type { Verdict } from '../../credentials/ports.ts';
import { checkKeyVar } from '../../documents/formats.ts';
import { ExitCode, ServerError, UsageError } from '../../errors.ts';
import { requestExitCodes } from '../exit-codes.ts';
import type { CredentialNoun } from '../nouns.ts';
import type { Flags, Outcome, Session, Verb } from '../verb.ts';
import { parseKeyFile } from './delivery-flags.ts';

export interface VerifyOptions {
  /** `-` is stdin, as is its absence. */
  readonly keyFile?: string;
  readonly keyVar?: string;
  readonly kubernetesSecret?: string;
  readonly kubeconfig?: string;
  readonly kubeContext?: string;
}

/**
 * `verify`: asks the server whether it accepts a secret.
 * @param own the flags that this kind alone has; their options are handed to the noun's `verify`.
 */
export function verifyVerb<Own extends object>(
  noun: CredentialNoun,
  own: {
    readonly flags: Flags<Own>;
    readonly verify: (session: Session, secret: string, options: Own) => Promise<Verdict>;
    readonly examples: string;
  },
): Verb<VerifyOptions & Own> {
  const common: Flags<VerifyOptions> = {
    keyFile: {
      long: 'key-file',
      value: 'path',
      parse: (text) => parseKeyFile(text, 'stdin'),
      help: `file that holds the ${noun.words.short}: raw, dotenv or a Kubernetes Secret; "-" or none reads stdin`,
      complete: 'file',
    },
    keyVar: {
      long: 'key-var',
      value: 'name',
      parse: (text) => checkKeyVar(text),
      help: 'variable or field that holds it, where there are several',
    },
    kubernetesSecret: { long: 'kubernetes-secret', value: '[namespace/]name', help: 'Secret that holds it' },
    kubeconfig: { long: 'kubeconfig', value: 'path', help: 'kubeconfig file to use (KUBECONFIG)', complete: 'file' },
    kubeContext: { long: 'kube-context', value: 'name', help: 'context of the kubeconfig to use' },
  };
  return {
    name: 'verify',
    summary: `Verify that ${noun.aNoun} is accepted`,
    // Both parts have every one of their options: the compiler cannot see that of a sum with a type parameter.
    flags: { ...common, ...own.flags } as unknown as Flags<VerifyOptions & Own>,
    examples: own.examples,
    exitCodes: [...requestExitCodes, ExitCode.finding],
    check: ({ keyFile, kubernetesSecret }) => {
      if (keyFile !== undefined && kubernetesSecret !== undefined) {
        throw new UsageError('--key-file and --kubernetes-secret both say where it is: give one of them.');
      }
    },
    async run(options, session): Promise<Outcome> {
      const { readSecretFrom } = await import('./read-secret.ts');
      const { secret, source } = await readSecretFrom(options, noun, session);
      const settings = await session.settings();
      const verdict = await session.progress.waiting(`Verifying the ${noun.words.short}`, () =>
        own.verify(session, secret, options),
      );
      if (verdict === 'unverifiable') throw new ServerError(`The server has no way to verify a ${noun.words.short}.`);
      const isValid = verdict === 'valid';
      const where = source === undefined ? '' : ` (${source}, asked ${new URL(settings.url).host})`;
      return {
        data: { valid: isValid },
        text: (view) => (isValid ? view.success(`${noun.titled} is valid`) : `${noun.titled} is not valid\n`),
        ...(isValid
          ? {}
          : {
              exitCode: ExitCode.finding,
              notes: [
                `The server refuses it${where}: it was deleted, has expired, or belongs to another server.`,
                `See which there are: sts ${noun.words.command} list`,
              ],
            }),
      };
    },
  };
}
