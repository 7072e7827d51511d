import { ExitCode, UsageError } from '../../errors.ts';
import type { InputStream } from '../../platform/world.ts';
import { requestExitCodes } from '../exit-codes.ts';
import { legacyVerb, type LegacySession as Session } from '../legacy.ts';
import { parseKeyFile } from './shared.ts';

export interface VerifyOptions {
  /** `-` is stdin, as is its absence. */
  readonly keyFile?: string;
  readonly withReceiverKey?: boolean;
}

const examples = `  # a key file, whatever its format
  sts ingestion-api-key verify --key-file ./ingestion.key

  # the key that a cluster uses
  kubectl get secret open-telemetry-collector -n open-telemetry -o yaml | sts ingestion-api-key verify

  # in a script: 0 is valid, 12 is not valid, anything else could not be found out
  sts ingestion-api-key verify --key-file ./ingestion.key || echo "exit code $?"`;

export const verifyVerb = legacyVerb<VerifyOptions>({
  name: 'verify',
  summary: 'Verify that an Ingestion Api Key is accepted',
  flags: {
    keyFile: {
      long: 'key-file',
      value: 'path',
      parse: (text) => parseKeyFile(text, 'stdin'),
      complete: 'file',
      help: 'file that holds the key: raw, dotenv or a Kubernetes Secret; "-" or none reads stdin',
    },
    withReceiverKey: { long: 'with-receiver-key', help: "also accept the platform's Receiver API Key" },
  },
  examples,
  exitCodes: [...requestExitCodes, ExitCode.finding],
  run: runVerify,
});

/**
 * Asks the server whether it accepts a key: `POST /security/ingestion/authorize`.
 * @returns `finding` (12) when it does not.
 * @throws FileReadError (exit 5) or UsageError (exit 3) when there is no key to read; what `authorize` throws when it could not be found out.
 */
export async function runVerify(
  { keyFile, withReceiverKey = false }: VerifyOptions,
  session: Session,
): Promise<ExitCode | undefined> {
  const { runtime, printer } = session;
  const apiKey = await readKey(keyFile, session);
  const api = await session.api();
  const valid = await session.waiting('Verifying the key', () =>
    api.authorize(apiKey, { withReceiverKey, signal: runtime.interrupt }),
  );
  const text = valid ? printer.success('Ingestion API Key is valid') : 'Ingestion API Key is not valid\n';
  await printer.result({ text, json: { valid } });
  return valid ? undefined : ExitCode.finding;
}

async function readKey(keyFile: string | undefined, { runtime, globals }: Session): Promise<string> {
  const { LARGEST_KEY_DOCUMENT, readKeyFile } = await import('../../delivery/read.ts');
  if (keyFile !== undefined && keyFile !== '-') return readKeyFile(runtime.resolvePath(keyFile));
  if ([globals.apiToken, globals.serviceToken, globals.k8sSaToken].includes('-')) {
    throw new UsageError('Token and key cannot both be read from stdin.', {
      hints: ['Read the key from a file: --key-file PATH'],
    });
  }
  const { parseKeyDocument } = await import('../../delivery/parse.ts');
  return parseKeyDocument(await documentFrom(runtime.stdin, LARGEST_KEY_DOCUMENT));
}

async function documentFrom(stdin: InputStream, limit: number): Promise<string> {
  if (stdin.isTTY) return stdin.ask('Ingestion API Key: ', { hidden: true });
  try {
    return await stdin.readAll(limit);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError('What stands on stdin is larger than any key document.', {
      hints: ['Pipe one key in, or name a file: --key-file PATH'],
    });
  }
}
