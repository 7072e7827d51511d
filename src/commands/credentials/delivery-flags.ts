import { type Duration, parseDuration } from '../../dates.ts';
import {
  checkKeyFormat,
  checkKeyVar,
  checkNamespace,
  checkSecretName,
  KEY_FORMATS,
  type KeyFormat,
} from '../../documents/formats.ts';
import { UsageError } from '../../errors.ts';
import type { Flags } from '../verb.ts';

/** The flags that say where a new secret goes. Their values are checked, how they go together is not: see `planDelivery`. */
export interface DeliveryOptions {
  readonly keyFile?: string;
  readonly keyFormat?: KeyFormat;
  readonly keyVar?: string;
  /** Permission bits of a new file. */
  readonly keyMode?: number;
  readonly secretName?: string;
  readonly namespace?: string;
  readonly force?: boolean;
  readonly kubernetesSecret?: string;
  readonly kubeconfig?: string;
  readonly kubeContext?: string;
  readonly restart?: readonly string[];
  readonly restartTimeout?: Duration;
  readonly keyCommand?: string;
  readonly keyCommandTimeout?: Duration;
}

/** Tokens alone have it: a context holds one. */
export interface SaveContextOption {
  readonly saveContext?: boolean;
}

export const saveContextFlag: Flags<SaveContextOption> = {
  saveContext: { long: 'save-context', help: "put the new token into the context in use, in the old one's place" },
};

/** @param force what `--force` does for the verb. */
export function deliveryFlags(force: string): Flags<DeliveryOptions> {
  return {
    keyFile: {
      long: 'key-file',
      value: 'path',
      parse: (text) => parseKeyFile(text, 'stdout'),
      help: 'write the key to this file and not to stdout; "-" writes the key alone to stdout',
      complete: 'file',
    },
    keyFormat: {
      long: 'key-format',
      value: 'format',
      parse: checkKeyFormat,
      help: `what a new file or document is: ${KEY_FORMATS.join(', ')} (default raw); a file that exists keeps its own format`,
      complete: KEY_FORMATS,
    },
    keyVar: {
      long: 'key-var',
      value: 'name',
      parse: (text) => checkKeyVar(text),
      help: 'variable or field that holds the key (default API_KEY; one that exists alone: its own name)',
    },
    keyMode: {
      long: 'key-mode',
      value: 'mode',
      parse: parseMode,
      help: 'permissions of a new key file (default 0600); a file that exists keeps its own',
    },
    secretName: {
      long: 'secret-name',
      value: 'name',
      parse: checkSecretName,
      help: 'name of the Secret in --key-format kubernetes-secret (default open-telemetry-collector)',
    },
    namespace: {
      long: 'namespace',
      value: 'name',
      parse: checkNamespace,
      help: 'namespace of the Secret in --key-format kubernetes-secret',
    },
    force: { long: 'force', help: force },
    kubernetesSecret: {
      long: 'kubernetes-secret',
      value: '[namespace/]name',
      help: 'write the key to this Secret through the Kubernetes API',
    },
    kubeconfig: { long: 'kubeconfig', value: 'path', help: 'kubeconfig file to use (KUBECONFIG)', complete: 'file' },
    kubeContext: { long: 'kube-context', value: 'name', help: 'context of the kubeconfig to use' },
    restart: {
      long: 'restart',
      value: 'kind/name',
      repeatable: true,
      help: 'with --kubernetes-secret: restart this deployment, daemonset or statefulset after the delivery and wait for it; repeatable',
    },
    restartTimeout: {
      long: 'restart-timeout',
      value: 'duration',
      parse: (text) => parseDuration(text, '--restart-timeout'),
      help: 'how long to wait for the restart (default 10m)',
    },
    keyCommand: {
      long: 'key-command',
      value: 'command',
      help: 'give the key to this command on its stdin; delivered means that it ends in 0',
    },
    keyCommandTimeout: {
      long: 'key-command-timeout',
      value: 'duration',
      parse: (text) => parseDuration(text, '--key-command-timeout'),
      help: 'how long the command may take (default 60s)',
    },
  };
}

/**
 * `--key-file`.
 * @param dash what `-` stands for; undefined where it names no file.
 * @throws UsageError for what names no file, such as a variable that was not set.
 */
export function parseKeyFile(value: string, dash?: 'stdin' | 'stdout'): string {
  if (value === '' || value.includes('\0') || (value === '-' && dash === undefined)) {
    const other = dash === undefined ? '' : `, or "-" for ${dash}`;
    throw new UsageError('--key-file names no file.', { hints: [`Name a file: --key-file PATH${other}.`] });
  }
  if (value.endsWith('/')) {
    throw new UsageError(`--key-file ${JSON.stringify(value)} is a folder.`, { hints: ['Name a file in it: --key-file PATH'] });
  }
  return value;
}

/** `0640`, as chmod takes it. @throws UsageError for what is no mode, or one that its owner could not read and write. */
function parseMode(value: string): number {
  const mode = /^0?[0-7]{3}$/.test(value) ? Number.parseInt(value, 8) : Number.NaN;
  if ((mode & 0o600) === 0o600 && (mode & 0o111) === 0) return mode;
  throw new UsageError(`--key-mode ${JSON.stringify(value)} cannot be the mode of a key file.`, {
    hints: ['Give it as chmod takes it; the owner must be able to read and write it, and nobody to run it: --key-mode 0640'],
  });
}
