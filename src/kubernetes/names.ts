import { UsageError } from '../errors.ts';
import { visible } from '../escape.ts';
import { nearest } from '../nearest.ts';
import { quoted } from './entry.ts';

/** A Secret as the command line names it. */
export interface SecretReference {
  /** Undefined for the default namespace. */
  readonly namespace: string | undefined;
  readonly name: string;
}

export const workloadKinds = ['deployment', 'daemonset', 'statefulset'] as const;

export type WorkloadKind = (typeof workloadKinds)[number];

/** A workload as the command line names it. It is in the namespace of the Secret. */
export interface WorkloadReference {
  readonly kind: WorkloadKind;
  readonly name: string;
}

/** Other names of the kinds that kubectl accepts. */
const kindWords: Readonly<Record<string, WorkloadKind>> = {
  ...Object.fromEntries(
    workloadKinds.flatMap((kind) => [kind, `${kind}s`, `${kind}.apps`, `${kind}s.apps`].map((word) => [word, kind])),
  ),
  deploy: 'deployment',
  ds: 'daemonset',
  sts: 'statefulset',
};

const label = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const subdomain = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

/**
 * Reads `[NAMESPACE/]NAME`.
 * @param flag the flag that the text was given for, for messages.
 * @throws UsageError that names the nearest right form.
 */
export function parseSecret(text: string, flag = '--kubernetes-secret'): SecretReference {
  const parts = text.split('/');
  const [first = '', second] = parts;
  if (parts.length > 2 || (second !== undefined && /^secrets?$/i.test(first))) {
    const meant = parts.filter((part, index) => part !== '' && !(index < parts.length - 1 && /^secrets?$/i.test(part))).slice(-2);
    throw new UsageError(`${flag} takes [NAMESPACE/]NAME, not ${quoted(text)}.`, {
      hints: [
        meant.length === 0
          ? `For example: ${flag} open-telemetry/open-telemetry-collector`
          : `Did you mean ${flag} ${visible(meant.join('/'))}?`,
      ],
    });
  }
  if (second === undefined) return { namespace: undefined, name: checkName(first, 'Secret', flag) };
  return { namespace: checkNamespace(first, flag), name: checkName(second, 'Secret', flag) };
}

/**
 * Reads `KIND/NAME`. Kubectl's short and plural names of the kinds are accepted.
 * @throws UsageError that names the nearest right form.
 */
export function parseWorkload(text: string, flag = '--restart'): WorkloadReference {
  const [word = '', name, ...more] = text.split('/');
  const kind = kindOf(word);
  if (more.length > 0) {
    const [meant, last] = [kindOf(name ?? ''), more.at(-1) ?? ''];
    throw new UsageError(`${flag} takes KIND/NAME, not ${quoted(text)}.`, {
      hints: [
        'The namespace is that of the Secret: --kubernetes-secret NAMESPACE/NAME',
        ...(meant === undefined || more.length > 1 ? [] : [`Did you mean ${flag} ${meant}/${visible(last)}?`]),
      ],
    });
  }
  if (name === undefined) {
    const meant = kind === undefined ? `deployment/${visible(word === '' ? 'NAME' : word)}` : `${kind}/NAME`;
    throw new UsageError(`${flag} takes KIND/NAME, not ${quoted(text)}.`, { hints: [`For example: ${flag} ${meant}`] });
  }
  if (kind === undefined) {
    const meant = nearest(word, Object.keys(kindWords));
    throw new UsageError(`${flag} restarts a deployment, daemonset or statefulset, not a ${quoted(word)}.`, {
      hints: meant === undefined ? [] : [`Did you mean ${flag} ${kindWords[meant]}/${visible(name)}?`],
    });
  }
  return { kind, name: checkName(name, kind, flag) };
}

function kindOf(word: string): WorkloadKind | undefined {
  const lower = word.toLowerCase();
  return Object.hasOwn(kindWords, lower) ? kindWords[lower] : undefined;
}

/** @throws UsageError unless the text is a valid name of a namespace: a DNS label of at most 63 characters. */
export function checkNamespace(text: string, flag = '--namespace'): string {
  if (text.length <= 63 && label.test(text)) return text;
  throw wrongName(
    text,
    'namespace',
    flag,
    'lower-case letters, digits and "-", at most 63 characters',
    text.replaceAll('.', '-'),
  );
}

/**
 * @param the kind of object, for messages: `Secret`.
 * @throws UsageError unless the text is a valid name of a Secret or workload: a DNS subdomain of at most 253 characters.
 */
function checkName(text: string, what: string, flag: string): string {
  if (text.length <= 253 && subdomain.test(text)) return text;
  throw wrongName(text, what, flag, 'lower-case letters, digits, "-" and ".", at most 253 characters', text);
}

/** @throws UsageError unless the text is a valid name of a field of a Secret. */
export function checkFieldName(text: string, flag = '--key-var'): string {
  if (text.length <= 253 && /^[-._a-zA-Z0-9]+$/.test(text) && text !== '.' && !text.startsWith('..')) return text;
  throw new UsageError(`${flag}: ${quoted(text)} cannot be the name of a field of a Secret.`, {
    hints: ['It may have letters, digits, "-", "_" and ".", at most 253 characters, and must not begin with "..".'],
  });
}

function wrongName(text: string, what: string, flag: string, rule: string, near: string): UsageError {
  const meant = near
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '');
  const usable = meant !== '' && meant.length <= 63 && subdomain.test(meant);
  return new UsageError(`${flag}: ${text === '' ? 'nothing' : quoted(text)} cannot be the name of a ${what}.`, {
    hints: [`A name has ${rule}; it begins and ends with a letter or digit.`, ...(usable ? [`Did you mean "${meant}"?`] : [])],
  });
}
