import { DeliveryError } from '../errors.ts';
import { assignedValue } from './dotenv-quoting.ts';
import { type DocumentNames, isRaw, type KeyFormat } from './formats.ts';
import { whyNotRaw } from './raw.ts';
import { usableSecret } from './usable.ts';

/**
 * Makes a new document that holds a key.
 * - `raw`: the key and a newline; `raw-no-newline`: the key alone.
 * - `dotenv`: `NAME=key`, quoted if a shell needs it. sh and systemd remove the quotes; docker takes them as part of the key.
 * - `kubernetes-secret`: a `v1` Secret with the key in `stringData`.
 * @throws DeliveryError (exit 6) when the format cannot hold the key.
 */
export function newDocument(secret: string, format: KeyFormat, names: DocumentNames): string {
  checkCarried(secret, format);
  switch (format) {
    case 'raw':
      return `${secret}\n`;
    case 'raw-no-newline':
      return secret;
    case 'dotenv':
      return `${names.keyVar}=${assignedValue(secret)}\n`;
    case 'kubernetes-secret':
      return manifest(secret, names);
  }
}

/** Why a format cannot hold a key, as the end of a sentence (`it has blanks in it`); undefined if it can. */
export function whyNotCarried(secret: string, format: KeyFormat): string | undefined {
  return usableSecret(secret) ?? (isRaw(format) ? whyNotRaw(secret) : undefined);
}

/** @throws DeliveryError (exit 6) when the format cannot hold the key. */
export function checkCarried(secret: string, format: KeyFormat): void {
  const reason = whyNotCarried(secret, format);
  if (reason === undefined) return;
  const carriedElsewhere = usableSecret(secret) === undefined;
  throw new DeliveryError(`The key cannot be written as ${format}: ${reason}.`, {
    hints: carriedElsewhere ? ['Use a format that quotes the key: --key-format dotenv, or --key-format kubernetes-secret'] : [],
  });
}

function manifest(secret: string, { keyVar, secretName, namespace }: DocumentNames): string {
  // A JSON string of printable ASCII is a YAML double-quoted scalar.
  const lines = ['apiVersion: v1', 'kind: Secret', 'metadata:', `  name: ${JSON.stringify(secretName)}`];
  if (namespace !== undefined) lines.push(`  namespace: ${JSON.stringify(namespace)}`);
  lines.push('type: Opaque', 'stringData:', `  ${JSON.stringify(keyVar)}: ${JSON.stringify(secret)}`, '');
  return lines.join('\n');
}
