import { durationMs } from '../../dates.ts';
import { checkKeyVar, DEFAULT_KEY_VAR, DEFAULT_SECRET_NAME, type KeyFormat, keyVarInRaw } from '../../documents/formats.ts';
import { UsageError } from '../../errors.ts';
import type { World } from '../../platform/world.ts';
import type { DeliveryOptions, SaveContextOption } from './delivery-flags.ts';

/** Where a new secret goes, and as what. */
export type DeliveryPlan =
  /** The verb's own result on stdout, text or JSON. */
  | { readonly to: 'result' }
  /** `--key-file -`: the document alone on stdout. */
  | { readonly to: 'stdout'; readonly document: DocumentPlan }
  | {
      readonly to: 'file';
      readonly path: string;
      readonly mode: number;
      readonly force: boolean;
      readonly document: DocumentPlan;
    }
  | {
      readonly to: 'kubernetes';
      /** `[NAMESPACE/]NAME`, as given. */
      readonly secret: string;
      /** Field that holds the secret; undefined: the only one there is. */
      readonly field: string | undefined;
      readonly kubeconfig: string | undefined;
      readonly kubeContext: string | undefined;
      readonly restart: readonly string[];
      readonly force: boolean;
      readonly restartTimeoutMs: number;
    }
  /** `--save-context`: the token of the context in use. */
  | { readonly to: 'context' }
  | { readonly to: 'command'; readonly command: string; readonly timeoutMs: number; readonly document: DocumentPlan };

export interface DocumentPlan {
  /** Undefined: a file that exists keeps its own, a new one is raw. */
  readonly format: KeyFormat | undefined;
  /** Undefined: one that exists alone keeps its name, a new one is API_KEY. */
  readonly keyVar: string | undefined;
  readonly secretName: string;
  readonly namespace: string | undefined;
}

const defaultMode = 0o600;
const restartTimeoutMs = 10 * 60_000;
const commandTimeoutMs = 60_000;

/**
 * Reads the delivery flags together. Asks nothing of the disk.
 * @throws UsageError when two of them contradict each other, or one has nothing to work on: it would be ignored in silence otherwise.
 */
export function planDelivery(options: DeliveryOptions & SaveContextOption, world: Pick<World, 'resolvePath'>): DeliveryPlan {
  const { keyFile, keyCommand, kubernetesSecret, saveContext } = options;
  const destinations = Object.entries({
    '--key-file': keyFile,
    '--kubernetes-secret': kubernetesSecret,
    '--key-command': keyCommand,
    '--save-context': saveContext,
  }).filter(([, value]) => value !== undefined && value !== false);
  if (destinations.length > 1) {
    throw new UsageError(`${destinations.map(([flag]) => flag).join(' and ')} each say where the key goes: give one of them.`);
  }
  refuseStray(options);
  if (saveContext) return { to: 'context' };
  if (options.keyVar !== undefined) checkKeyVar(options.keyVar, options.keyFormat);
  if (kubernetesSecret !== undefined) {
    return {
      to: 'kubernetes',
      secret: kubernetesSecret,
      field: options.keyVar,
      kubeconfig: options.kubeconfig === undefined ? undefined : world.resolvePath(options.kubeconfig),
      kubeContext: options.kubeContext,
      restart: options.restart ?? [],
      force: options.force === true,
      restartTimeoutMs: options.restartTimeout === undefined ? restartTimeoutMs : durationMs(options.restartTimeout),
    };
  }
  const document: DocumentPlan = {
    format: options.keyFormat,
    keyVar: options.keyVar,
    secretName: options.secretName ?? DEFAULT_SECRET_NAME,
    namespace: options.namespace,
  };
  if (keyCommand !== undefined) {
    const { keyCommandTimeout: limit } = options;
    return {
      to: 'command',
      command: keyCommand,
      timeoutMs: limit === undefined ? commandTimeoutMs : durationMs(limit),
      document,
    };
  }
  if (keyFile === undefined) return { to: 'result' };
  if (keyFile === '-') return { to: 'stdout', document };
  const { keyMode = defaultMode, force = false } = options;
  return { to: 'file', path: world.resolvePath(keyFile), mode: keyMode, force, document };
}

/** The variable or field of a new document. */
export function keyVarOf({ keyVar }: DocumentPlan): string {
  return keyVar ?? DEFAULT_KEY_VAR;
}

/** Refuses a flag that says something about a destination that is not used. */
function refuseStray(options: DeliveryOptions): void {
  const { keyFile, keyCommand, kubernetesSecret, keyFormat } = options;
  const isDocument = keyFile !== undefined || keyCommand !== undefined;
  const isFile = keyFile !== undefined && keyFile !== '-';
  const needs = (value: unknown, flag: string, isUsed: boolean, hint: string) => {
    if (value === undefined || value === false || isUsed) return;
    throw new UsageError(`${flag} has nothing to work on.`, { hints: [`${hint}, or leave ${flag} out.`] });
  };
  const toFile = 'Name the file with --key-file PATH';
  const toDocument = 'Name the file with --key-file PATH, or write the document to stdout with --key-file -';
  needs(keyFormat, '--key-format', isDocument, toDocument);
  needs(options.keyVar, '--key-var', isDocument || kubernetesSecret !== undefined, toDocument);
  needs(options.keyMode, '--key-mode', isFile, toFile);
  needs(
    options.force,
    '--force',
    isFile || kubernetesSecret !== undefined,
    'Name what it may write over with --key-file PATH or --kubernetes-secret NAME',
  );
  const isManifest = isDocument && keyFormat === 'kubernetes-secret';
  needs(options.secretName, '--secret-name', isManifest, 'Add --key-format kubernetes-secret');
  needs(options.namespace, '--namespace', isManifest, 'Add --key-format kubernetes-secret');
  if (
    options.keyVar !== undefined &&
    // What a file that exists is, only the file tells.
    (keyFormat === 'raw' || keyFormat === 'raw-no-newline' || (keyFormat === undefined && isDocument && !isFile))
  ) {
    throw keyVarInRaw();
  }
  const toSecret = 'Name the Secret with --kubernetes-secret [NAMESPACE/]NAME';
  needs(options.kubeconfig, '--kubeconfig', kubernetesSecret !== undefined, toSecret);
  needs(options.kubeContext, '--kube-context', kubernetesSecret !== undefined, toSecret);
  needs(options.restart, '--restart', kubernetesSecret !== undefined, toSecret);
  needs(
    options.restartTimeout,
    '--restart-timeout',
    options.restart !== undefined,
    'Name what to restart with --restart KIND/NAME',
  );
  needs(
    options.keyCommandTimeout,
    '--key-command-timeout',
    keyCommand !== undefined,
    'Name the command with --key-command COMMAND',
  );
}
