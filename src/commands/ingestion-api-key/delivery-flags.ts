import type { IssuedIngestionApiKey } from '../../api/model.ts';
import type { Destination } from '../../delivery/destination.ts';
import {
  checkKeyFormat,
  checkKeyVar,
  checkNamespace,
  checkSecretName,
  DEFAULT_KEY_VAR,
  DEFAULT_SECRET_NAME,
  formatKeyDocument,
  KEY_FORMATS,
  type KeyFormat,
} from '../../delivery/format.ts';
import { UsageError } from '../../errors.ts';
import type { World } from '../../platform/world.ts';
import type { Flags } from '../verb.ts';
import { parseKeyFile } from './shared.ts';

/** The delivery flags as given; absent where not. Their values are checked, how they go together is not: see `planDelivery`. */
export interface DeliveryOptions {
  readonly keyFile?: string;
  readonly keyFormat?: KeyFormat;
  readonly keyVar?: string;
  readonly secretName?: string;
  readonly namespace?: string;
  readonly force?: boolean;
}

/** Where a new key goes, and as what. */
export type DeliveryPlan =
  /** The verb's own result on stdout, text or JSON. */
  | { readonly to: 'result' }
  /** `--key-file -`: the key document alone on stdout; whatever else there is to say goes to stderr. */
  | { readonly to: 'stdout'; readonly render: RenderDocument }
  /** A file. `force` is what the flag said. */
  | { readonly to: 'file'; readonly path: string; readonly force: boolean; readonly render: RenderDocument };

/** The whole key document for a key. */
export type RenderDocument = (issued: Pick<IssuedIngestionApiKey, 'apiKey'>) => string;

/**
 * The flags that say where a new key goes.
 * @param replaces true for a verb that may always replace the key file; `--force` then changes nothing, and is taken all the same.
 */
export function deliveryFlags({ replaces = false }: { readonly replaces?: boolean } = {}): Flags<DeliveryOptions> {
  return {
    keyFile: {
      long: 'key-file',
      value: 'path',
      parse: (text) => parseKeyFile(text, 'stdout'),
      complete: 'file',
      help: 'write the key to this file (mode 0600) and not to stdout; "-" writes the key alone to stdout',
    },
    keyFormat: {
      long: 'key-format',
      value: 'format',
      parse: checkKeyFormat,
      complete: KEY_FORMATS,
      help: `what is written to the key file: ${KEY_FORMATS.join(', ')} (default raw)`,
    },
    keyVar: {
      long: 'key-var',
      value: 'name',
      parse: checkKeyVar,
      help: `variable or field that holds the key in dotenv and kubernetes-secret (default ${DEFAULT_KEY_VAR})`,
    },
    secretName: {
      long: 'secret-name',
      value: 'name',
      parse: checkSecretName,
      help: `name of the Secret in kubernetes-secret (default ${DEFAULT_SECRET_NAME})`,
    },
    namespace: {
      long: 'namespace',
      value: 'name',
      parse: checkNamespace,
      help: 'namespace of the Secret in kubernetes-secret',
    },
    force: {
      long: 'force',
      help: replaces
        ? 'accepted for symmetry with create: the key file is always replaced'
        : 'replace the key file if there is one',
    },
  };
}

/**
 * Reads the delivery flags together. Asks nothing of the disk.
 * @throws UsageError when a flag has nothing to work on: it would be ignored in silence otherwise.
 */
export function planDelivery(options: DeliveryOptions, runtime: Pick<World, 'resolvePath'>): DeliveryPlan {
  const { keyFile, keyFormat = 'raw', keyVar, secretName, namespace, force = false } = options;
  if (keyFile === undefined) {
    const [stray] = Object.entries({
      ...optional('--key-format', options.keyFormat),
      ...optional('--key-var', keyVar),
      ...secretFlags(options),
    });
    if (stray !== undefined) {
      throw new UsageError(`${stray[0]} says how the key file is written, and there is none.`, {
        hints: ['Name the file with --key-file PATH, or write the document to stdout with --key-file -'],
      });
    }
  }
  if (force && (keyFile === undefined || keyFile === '-')) {
    throw new UsageError('--force replaces an existing key file, and none is written.', {
      hints: ['Name the file with --key-file PATH, or leave --force out.'],
    });
  }
  if (keyVar !== undefined && keyFormat === 'raw') throw needsFormat('--key-var', 'dotenv or kubernetes-secret');
  const [secretFlag] = Object.keys(secretFlags(options));
  if (secretFlag !== undefined && keyFormat !== 'kubernetes-secret') throw needsFormat(secretFlag, 'kubernetes-secret');
  if (keyFile === undefined) return { to: 'result' };
  const document = {
    keyVar: keyVar ?? DEFAULT_KEY_VAR,
    secretName: secretName ?? DEFAULT_SECRET_NAME,
    ...optional('namespace', namespace),
  };
  const render: RenderDocument = ({ apiKey }) => formatKeyDocument(apiKey, keyFormat, document);
  if (keyFile === '-') return { to: 'stdout', render };
  return { to: 'file', path: runtime.resolvePath(keyFile), force, render };
}

export interface DestinationOptions {
  readonly runtime: World;
  /** The text, newline included, that shows the key where the plan is the verb's own result. */
  readonly showResult: (issued: IssuedIngestionApiKey) => string;
}

/** Label of the temporary siblings of a key file that a creation makes. */
export const creationLabel = 'create';

/** The destination a plan of `create` names. It is not proven yet: `issueKey` does that before there is a key. */
export async function openDestination(plan: DeliveryPlan, { runtime, showResult }: DestinationOptions): Promise<Destination> {
  if (plan.to === 'file') {
    const { keyFileDestination } = await import('../../delivery/file.ts');
    return keyFileDestination({ ...plan, label: creationLabel });
  }
  const { stdoutDestination } = await import('../../delivery/stdout.ts');
  return stdoutDestination(runtime.stdout, plan.to === 'stdout' ? plan.render : showResult);
}

function secretFlags({ secretName, namespace }: DeliveryOptions): Partial<Record<string, string>> {
  return { ...optional('--secret-name', secretName), ...optional('--namespace', namespace) };
}

function needsFormat(flag: string, formats: string): UsageError {
  return new UsageError(`${flag} means something only with --key-format ${formats}.`, {
    hints: [`Add --key-format, or leave ${flag} out.`],
  });
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}
