import { dirname, resolve } from 'node:path';
import { ConfigError, type ErrorDetails } from '../errors.ts';
import { visible } from '../escape.ts';
import { systemCode } from '../system.ts';
import { type KubernetesWorld, readText } from './world.ts';

/** A JSON or YAML object that has not been checked yet. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text from elsewhere in quotation marks, safe to print. */
export function quoted(text: string): string {
  return visible(JSON.stringify(text));
}

/** One cluster, user or context of a kubeconfig file. Errors name the file and the entry, never a value. */
export class Entry {
  /** For messages: `user "admin"`. */
  readonly title: string;
  readonly name: string;
  /** Absolute path of the file that holds the entry. */
  readonly file: string;
  readonly fields: Fields;

  constructor(title: string, name: string, file: string, fields: Fields) {
    this.title = title;
    this.name = name;
    this.file = file;
    this.fields = fields;
  }

  /** For messages: `user "admin" in /home/u/.kube/config`. */
  get where(): string {
    return `${this.title} in ${visible(this.file)}`;
  }

  /** @param problem completes a sentence: `has no server`. */
  error(problem: string, details?: ErrorDetails): ConfigError {
    return new ConfigError(`The ${this.where} ${problem}.`, details);
  }

  /** The text of a member. Undefined if it is absent or empty; kubectl treats both alike, too. */
  text(key: string): string | undefined {
    const value = this.fields[key];
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value !== 'string') {
      throw this.error(`needs text in ${key}`, { hints: [`Put the value of ${key} in quotation marks.`] });
    }
    return value;
  }

  flag(key: string): boolean {
    const value = this.fields[key] ?? false;
    if (typeof value !== 'boolean') throw this.error(`needs true or false in ${key}`);
    return value;
  }

  texts(key: string): readonly string[] {
    const value = this.fields[key] ?? [];
    if (!isTexts(value)) throw this.error(`needs a list of texts in ${key}`);
    return value;
  }

  list(key: string): readonly Fields[] {
    const value = this.fields[key] ?? [];
    if (!Array.isArray(value) || !value.every(isFields)) throw this.error(`needs a list of objects in ${key}`);
    return value;
  }

  /** A member that is an object. Its errors name the same entry and file. */
  part(key: string): Entry | undefined {
    const value = this.fields[key];
    if (value === undefined || value === null) return undefined;
    if (!isFields(value)) throw this.error(`needs an object in ${key}`);
    return this.of(value);
  }

  /** An entry with other fields, whose errors name this entry and file. */
  of(fields: Fields): Entry {
    return new Entry(this.title, this.name, this.file, fields);
  }

  /** Makes a path absolute. A relative path starts in the folder of the kubeconfig file. */
  resolve(path: string): string {
    return resolve(dirname(this.file), path);
  }

  /** The text from the entry itself (`key-data`, base64), else from the file that it names (`key`). */
  async dataOrFile(key: string, world: KubernetesWorld): Promise<string | undefined> {
    const data = this.text(`${key}-data`);
    if (data !== undefined) return this.#decode(`${key}-data`, data);
    const path = this.text(key);
    return path === undefined ? undefined : this.readFile(key, world);
  }

  /** Reads the file that a member names. */
  async readFile(key: string, world: KubernetesWorld): Promise<string> {
    const path = this.resolve(this.text(key) ?? '');
    try {
      return await readText(world, path);
    } catch (cause) {
      throw this.error(`names a ${key} that cannot be read: ${visible(path)} (${whyUnreadable(cause)})`, { cause });
    }
  }

  #decode(key: string, data: string): string {
    const base64 = data.replace(/\s/g, '');
    if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) throw this.error(`has a ${key} that is not base64`);
    return Buffer.from(base64, 'base64').toString('utf8');
  }
}

/** Why a file cannot be read, in a word or two: the system's error code, or another reason. */
export function whyUnreadable(error: unknown): string {
  return systemCode(error) ?? (error instanceof Error ? error.message : 'unknown');
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
