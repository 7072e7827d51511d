import { noKey } from './errors.ts';
import type { Edit, Field, ParsedDocument } from './model.ts';

/** The members of a Secret that hold its fields: base64 in `data`, plain text in `stringData`. */
export const SECTIONS = ['data', 'stringData'] as const;
export type SectionName = (typeof SECTIONS)[number];

/** One field as a manifest holds it, in YAML or JSON. */
export interface Entry {
  readonly section: SectionName;
  readonly name: string;
  /** The value as it is written; undefined if it is not text. */
  readonly text: string | undefined;
  /** Why the field cannot be changed alone, as the end of a sentence. */
  readonly refused?: string;
  /** Replaces the value by this text, quoted as the manifest needs it. */
  replace(text: string): Edit;
}

/** A Secret, in YAML or JSON, with the places of its fields. */
export interface Manifest {
  /** Undefined if the manifest does not have it. */
  readonly apiVersion: unknown;
  /** Whether the manifest has a member that only sops writes, next to the values that it encrypts. */
  readonly encrypted: boolean;
  readonly entries: readonly Entry[];
  readonly sections: readonly SectionName[];
  /** Adds a field to a section, and the section itself if it is missing. */
  add(section: SectionName, name: string, text: string): Edit;
}

/**
 * Makes a document of a Secret written in YAML or JSON.
 * @param subject the name of the document at the beginning of a sentence.
 * @throws DocumentError when the manifest is not a usable Kubernetes Secret.
 */
export function documentOf(manifest: Manifest, subject: string): ParsedDocument {
  const { apiVersion, encrypted, entries, sections } = manifest;
  if (apiVersion !== undefined && apiVersion !== 'v1') throw noKey(`${subject} is not a Secret of Kubernetes' apiVersion v1.`);
  if (encrypted) throw noKey(`${subject} is a Secret encrypted by sops: its values cannot be read or changed here.`);
  // `stringData` wins over `data`, as it does in the cluster.
  const counting = new Map<string, Entry>();
  for (const section of SECTIONS) {
    for (const entry of entries) if (entry.section === section) counting.set(entry.name, entry);
  }
  const where = sections.includes('stringData') || !sections.includes('data') ? 'stringData' : 'data';
  return {
    format: 'kubernetes-secret',
    fields: [...counting.values()].map(fieldOf),
    add: (name, secret) => manifest.add(where, name, encode(where, secret)),
  };
}

function fieldOf(entry: Entry): Field {
  const { section, name, text } = entry;
  const value = text === undefined || section === 'stringData' ? text : decode(text);
  return {
    name,
    // `kubectl create secret --from-file` keeps the newline at the end of the file.
    value: value?.replace(/\r?\n$/, ''),
    ...(entry.refused === undefined ? {} : { refused: entry.refused }),
    replace: (secret) => entry.replace(encode(section, secret)),
  };
}

function encode(section: SectionName, secret: string): string {
  return section === 'data' ? Buffer.from(secret, 'utf8').toString('base64') : secret;
}

/** Decodes base64 as Go does: padding is required, line breaks are allowed anywhere. Undefined if the result is not text. */
function decode(base64: string): string | undefined {
  const digits = base64.replace(/[\r\n ]/g, '');
  if (digits.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(digits)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(digits, 'base64'));
  } catch {
    return undefined;
  }
}
