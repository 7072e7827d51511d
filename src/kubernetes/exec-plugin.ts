import { sep } from 'node:path';
import { ConnectionError, type StsError } from '../errors.ts';
import { visible } from '../escape.ts';
import type { ProcessResult } from '../platform/processes.ts';
import { systemCode } from '../system.ts';
import type { Cluster } from './cluster.ts';
import type { CredentialSource } from './credentials.ts';
import { type Entry, quoted } from './entry.ts';
import { execInfo, type PluginCredentials, readExecCredential } from './exec-credential.ts';
import type { KubernetesWorld } from './world.ts';

export interface PluginOptions {
  /**
   * Receives the stderr of a plugin while it runs, safe to print. A plugin may ask for a password there, or name a web page to open.
   * Without this function, the last lines become part of the error if the plugin fails.
   */
  readonly onPluginStderr?: (text: string) => void;
  /** How long a plugin may run, in milliseconds. Default: 60 s, or 5 min if it may ask the user. */
  readonly pluginTimeoutMs?: number;
}

const v1 = 'client.authentication.k8s.io/v1';
const v1beta1 = 'client.authentication.k8s.io/v1beta1';
/** Credentials that expire within this time, in milliseconds, are not used for another request. */
const margin = 10_000;
const shownLines = 10;

/**
 * Credentials from a program, which the `exec` section of a kubeconfig user describes. They are cached until they expire or are refused.
 * @throws ConfigError when the entry is incomplete.
 */
export function pluginCredentials(
  exec: Entry,
  cluster: Cluster,
  world: KubernetesWorld,
  options: PluginOptions,
): CredentialSource {
  const plugin = readPlugin(exec, world.stdin.isTTY);
  let kept: PluginCredentials | undefined;
  let running: Promise<PluginCredentials> | undefined;
  return {
    description: `${exec.where} (its credential plugin ${plugin.shown})`,
    remedy: `Log in again with the tool that belongs to the credential plugin ${plugin.shown} of the ${exec.where}.`,
    renewable: true,
    async get(renew, signal) {
      if (kept !== undefined && !renew && (kept.expiresAt ?? Number.POSITIVE_INFINITY) - world.now() > margin) {
        return kept.credentials;
      }
      running ??= runPlugin(plugin, cluster, world, options, signal).finally(() => {
        running = undefined;
      });
      kept = await running;
      return kept.credentials;
    },
  };
}

interface Plugin {
  readonly exec: Entry;
  readonly command: string;
  /** The command in quotation marks, for messages. */
  readonly shown: string;
  readonly apiVersion: string;
  readonly interactive: boolean;
  readonly env: Readonly<Record<string, string>>;
}

function readPlugin(exec: Entry, terminal: boolean): Plugin {
  const named = exec.text('command');
  if (named === undefined) throw exec.error('has an exec section without a command');
  const command = named.includes('/') || named.includes(sep) ? exec.resolve(named) : named;
  const apiVersion = exec.text('apiVersion');
  if (apiVersion !== v1 && apiVersion !== v1beta1) {
    const found = apiVersion === undefined ? 'no apiVersion' : `the apiVersion ${quoted(apiVersion)}`;
    throw exec.error(`has an exec section with ${found}; it must be ${v1} or ${v1beta1}`, {
      hints: ['Update the credential plugin, then let it or its tool write the kubeconfig entry again.'],
    });
  }
  const env = exec.list('env').map((item) => {
    const [name, value] = [exec.of(item).text('name'), exec.of(item).text('value')];
    if (name === undefined) throw exec.error('has an exec section with an env variable without a name');
    return [name, value ?? ''] as const;
  });
  const interactive = mayAsk(exec, apiVersion, terminal);
  return { exec, command, shown: quoted(named), apiVersion, interactive, env: Object.fromEntries(env) };
}

function mayAsk(exec: Entry, apiVersion: string, terminal: boolean): boolean {
  const mode = exec.text('interactiveMode') ?? (apiVersion === v1 ? undefined : 'IfAvailable');
  if (mode === 'Never') return false;
  if (mode === 'IfAvailable' || (mode === 'Always' && terminal)) return terminal;
  if (mode === 'Always') {
    throw exec.error('has a credential plugin that has to ask the user, but stdin is not a terminal', {
      hints: ['Run the command in a terminal, or use credentials that need no input.'],
    });
  }
  throw exec.error('has an exec section whose interactiveMode is not Never, IfAvailable or Always');
}

async function runPlugin(
  plugin: Plugin,
  cluster: Cluster,
  world: KubernetesWorld,
  { onPluginStderr, pluginTimeoutMs }: PluginOptions,
  signal?: AbortSignal,
): Promise<PluginCredentials> {
  const { exec, command, interactive, apiVersion } = plugin;
  const timeoutMs = pluginTimeoutMs ?? (interactive ? 300_000 : 60_000);
  const info = execInfo(apiVersion, interactive, exec.flag('provideClusterInfo') ? cluster : undefined);
  const processes = await world.processes();
  const result = await processes
    .run([command, ...exec.texts('args')], {
      env: { ...world.env, ...plugin.env, KUBERNETES_EXEC_INFO: info },
      terminal: interactive,
      timeoutMs,
      ...(signal === undefined ? {} : { signal }),
      onOutput: (text, stream) => {
        // Only stderr is passed on, because stdout holds the credentials.
        if (stream === 'stderr') onPluginStderr?.(harmless(text));
      },
    })
    .catch((error: unknown) => {
      throw systemCode(error) === undefined ? error : notStarted(plugin, error);
    });
  signal?.throwIfAborted();
  if (result.code !== 0) throw failed(plugin, result, timeoutMs, onPluginStderr === undefined);
  return readExecCredential(result.stdout, apiVersion, exec);
}

function notStarted({ exec, shown }: Plugin, cause: unknown): StsError {
  const code = systemCode(cause) ?? '';
  const hint = exec.text('installHint');
  const missing = code === 'ENOENT';
  return exec.error(
    missing
      ? `needs the credential plugin ${shown}, which is not installed`
      : `has a credential plugin ${shown} that cannot be run (${code})`,
    {
      cause,
      hints:
        missing && hint !== undefined ? linesOf(hint) : ['Install it, or correct its path in the kubeconfig file or in PATH.'],
    },
  );
}

function failed({ exec, shown }: Plugin, result: ProcessResult, timeoutMs: number, withStderr: boolean): StsError {
  const how = result.timedOut
    ? `did not end within ${timeoutMs / 1000} s`
    : result.code === null
      ? `was ended by ${result.signal ?? 'a signal'}`
      : `failed with exit code ${result.code}`;
  return new ConnectionError(`The credential plugin ${shown} of the ${exec.where} ${how}.`, {
    hints: withStderr ? linesOf(result.stderr).slice(-shownLines) : [],
  });
}

/** The lines of a text that are not empty, safe to print. */
function linesOf(text: string): readonly string[] {
  return text
    .split(/\r?\n/)
    .map((line) => visible(line.trimEnd()))
    .filter((line) => line !== '');
}

/** Makes a piece of text safe to print. It need not be a whole line. Newlines stay. */
function harmless(text: string): string {
  return text.split(/\r?\n/).map(visible).join('\n');
}
