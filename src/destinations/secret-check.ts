import { looksIssued } from '../documents/usable.ts';
import { DeliveryError, UsageError } from '../errors.ts';
import type { Secret, SecretId } from '../kubernetes/index.ts';
import { nearest } from '../nearest.ts';

/** The field to use if neither the flags nor the Secret name one. */
const defaultField = 'API_KEY';

/** Programs that write a Secret from a source of their own, by the manager names that the API server records. */
const restorers: readonly (readonly [RegExp, string])[] = [
  [/^helm/i, 'Helm'],
  [/argocd/i, 'Argo CD'],
  [/^(kustomize|helm)-controller/i, 'Flux'],
  [/external-secrets/i, 'External Secrets'],
  [/sealed-?secrets|^controller$/i, 'Sealed Secrets'],
  [/vault-secrets-operator/i, 'the Vault Secrets Operator'],
];

/**
 * The field that holds the key.
 * @param asked `--key-var`; undefined: the only field that the Secret has.
 * @throws UsageError (exit 3) when there are several fields and none was asked for, or when the field must exist and does not.
 */
export function fieldOf(secret: Secret | undefined, asked: string | undefined, mustExist: boolean): string {
  const names = secret === undefined ? [] : [...secret.data.keys()].sort();
  const title = secret === undefined ? '' : `The Secret ${secret.namespace}/${secret.name}`;
  const list = `It has: ${names.join(', ')}`;
  if (asked !== undefined) {
    if (!mustExist || names.includes(asked)) return asked;
    const near = nearest(asked, names);
    throw new UsageError(`${title} has no field ${asked}.`, {
      hints: [near === undefined ? list : `Did you mean --key-var ${near}?`, ...(near === undefined ? [] : [list])],
    });
  }
  const [only] = names;
  if (names.length === 1 && only !== undefined) return only;
  if (names.length === 0) {
    if (!mustExist) return defaultField;
    throw new DeliveryError(`${title} holds no key: it has no fields.`, {
      hints: ['Use create instead of rotate to put the first key into it.'],
    });
  }
  throw new UsageError(`${title} has ${names.length} fields. It is not clear which one holds the key.`, {
    hints: [`Name the one that holds the key: --key-var ${likelyField(secret, names) ?? 'NAME'}`, list],
  });
}

/**
 * The field to name in a hint. Following the hint overwrites the value of the field, so no field is named unless there is evidence that it
 * holds the key.
 */
function likelyField(secret: Secret | undefined, names: readonly string[]): string | undefined {
  const keys = names.filter((name) => looksIssued(secret?.data.get(name)?.toString('latin1') ?? ''));
  return keys.length === 1 ? keys[0] : nearest(defaultField, names);
}

/** @throws DeliveryError when a Secret cannot be changed. */
export function checkChangeable({ namespace, name, immutable, deleting, type }: Secret): void {
  const title = `The Secret ${namespace}/${name}`;
  if (immutable) {
    throw new DeliveryError(`${title} is immutable: its fields cannot be changed.`, {
      hints: ['Create a Secret without `immutable: true`, and point its consumers to it.'],
    });
  }
  if (deleting) throw new DeliveryError(`${title} is being deleted.`);
  if (type !== 'Opaque' && type !== '') {
    throw new DeliveryError(`${title} has the type ${type}, which does not hold keys of this kind.`, {
      hints: ['Name a Secret with the type Opaque.'],
    });
  }
}

/**
 * Names the other programs that write the Secret and may put the old key back.
 * @returns a sentence for the user; undefined if none is known.
 */
export function otherWriters({ namespace, name, managers, owners, labels }: Secret): string | undefined {
  const found = new Set<string>();
  for (const [pattern, title] of restorers) if (managers.some((manager) => pattern.test(manager))) found.add(title);
  for (const owner of owners) if (owner.controller) found.add(`${owner.kind} ${owner.name}`);
  const label = labels['app.kubernetes.io/managed-by'];
  if (label !== undefined && found.size === 0 && label !== 'sts') found.add(label);
  if (found.size === 0) return undefined;
  return `The Secret ${namespace}/${name} is also written by ${[...found].join(', ')}, which may put the old key back. Configure it to leave this field alone.`;
}

/** The value of a field without a newline at its end; undefined if it is empty or missing. */
export function textOf(value: Buffer | undefined): string | undefined {
  const text = value?.toString('utf8').replace(/\r?\n$/, '');
  return text === '' ? undefined : text;
}

/** The error if `rotate` finds no Secret. */
export function missingSecret({ namespace, name }: SecretId): DeliveryError {
  return new DeliveryError(`There is no Secret ${namespace}/${name}.`, {
    hints: [
      `See what there is: kubectl get secrets --namespace ${namespace}`,
      'To put the first key into a new Secret, use create, not rotate.',
    ],
  });
}
