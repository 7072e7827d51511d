import { UsageError } from '../errors.ts';
import { nearest } from '../nearest.ts';

/** The formats of a document. `raw-no-newline` is for programs that take a newline as part of the key. */
export const KEY_FORMATS = ['raw', 'raw-no-newline', 'dotenv', 'kubernetes-secret'] as const;
export type KeyFormat = (typeof KEY_FORMATS)[number];

/** Whether a document of this format is the key alone, without names. */
export function isRaw(format: KeyFormat): boolean {
  return format === 'raw' || format === 'raw-no-newline';
}

/** The defaults of `--key-var` and `--secret-name` for a new document. They are the names that the OpenTelemetry collector uses. */
export const DEFAULT_KEY_VAR = 'API_KEY';
export const DEFAULT_SECRET_NAME = 'open-telemetry-collector';

/** The names in a new document. */
export interface DocumentNames {
  /** Variable of a dotenv file, field of a Secret. */
  readonly keyVar: string;
  readonly secretName: string;
  readonly namespace?: string;
}

/** @throws UsageError unless `value` is one of KEY_FORMATS. */
export function checkKeyFormat(value: string): KeyFormat {
  const format = KEY_FORMATS.find((known) => known === value);
  if (format !== undefined) return format;
  const near = nearest(value, KEY_FORMATS);
  throw new UsageError(`--key-format ${JSON.stringify(value)} is not a format.`, {
    hints: [...(near === undefined ? [] : [`Did you mean ${near}?`]), `Formats: ${KEY_FORMATS.join(', ')}`],
  });
}

/**
 * @param format the format of the document; undefined if it is not known yet. Then a name is accepted if any of the formats allows it.
 * @throws UsageError unless `value` can name a shell variable, or a field of a Secret.
 */
export function checkKeyVar(value: string, format?: KeyFormat): string {
  if (format !== 'dotenv') {
    // This is the rule of the API server. A mounted Secret is a folder, and "." and "..x" would lead out of it.
    if (value.length <= 253 && /^(?!\.$|\.\.)[-._A-Za-z0-9]+$/.test(value)) return value;
    throw new UsageError(`--key-var ${JSON.stringify(value)} cannot be the name of a Secret's field.`, {
      hints: suggest('--key-var', value.replace(/[^-._A-Za-z0-9]+/g, '_').replace(/^\.\.?(?=\.|$)/, ''), {
        rule: 'Use letters, digits, "-", "_" and ".", at most 253',
        example: DEFAULT_KEY_VAR,
        valid: /^(?!\.$|\.\.)[-._A-Za-z0-9]{1,253}$/,
      }),
    });
  }
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(value)) return value;
  throw new UsageError(`--key-var ${JSON.stringify(value)} cannot be the name of a variable.`, {
    hints: suggest('--key-var', value.replace(/[^A-Za-z0-9_]+/g, '_').replace(/^(?=\d)/, '_'), {
      rule: 'Use letters, digits and underscores, with no digit first',
      example: DEFAULT_KEY_VAR,
      valid: /^[A-Za-z_][A-Za-z0-9_]*[A-Za-z0-9][A-Za-z0-9_]*$/,
    }),
  });
}

/** The error for `--key-var` with a raw document. */
export function keyVarInRaw(): UsageError {
  return new UsageError('--key-var names a variable or field, and a raw document has none.', {
    hints: ['Add --key-format dotenv or --key-format kubernetes-secret, or leave --key-var out.'],
  });
}

/** @throws UsageError unless `value` is a DNS-1123 subdomain of at most 253 characters. */
export function checkSecretName(value: string): string {
  const valid = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
  if (valid.test(value)) return value;
  throw new UsageError(`--secret-name ${JSON.stringify(value)} cannot be the name of a Kubernetes Secret.`, {
    hints: suggest('--secret-name', dnsName(value, /[^-.a-z0-9]+/g), {
      rule: 'Use lower-case letters, digits, "-" and ".", with a letter or digit at both ends, at most 253',
      example: 'my-secret',
      valid,
    }),
  });
}

/** @throws UsageError unless `value` is a DNS-1123 label of at most 63 characters. */
export function checkNamespace(value: string): string {
  const valid = /^(?=.{1,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
  if (valid.test(value)) return value;
  throw new UsageError(`--namespace ${JSON.stringify(value)} cannot be the name of a Kubernetes namespace.`, {
    hints: suggest('--namespace', dnsName(value, /[^-a-z0-9]+/g), {
      rule: 'Use lower-case letters, digits and "-", with a letter or digit at both ends, at most 63',
      example: 'open-telemetry',
      valid,
    }),
  });
}

interface Rule {
  readonly rule: string;
  readonly example: string;
  /** The pattern that the nearest name must match to be proposed. */
  readonly valid: RegExp;
}

function suggest(flag: string, near: string, { rule, example, valid }: Rule): string[] {
  return valid.test(near) ? [`Did you mean ${flag} ${near}?`, `${rule}.`] : [`${rule}: ${flag} ${example}`];
}

function dnsName(value: string, unfit: RegExp): string {
  return value
    .toLowerCase()
    .replace(unfit, '-')
    .replace(/^[-.]+|[-.]+$/g, '');
}
