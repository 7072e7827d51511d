import { randomUUID } from 'node:crypto';
import { managersAfter } from './managed-fields.ts';
import {
  apiVersionOf,
  type JsonObject,
  type KubeObject,
  type Metadata,
  type Plural,
  type Resource,
  resources,
  sameJson,
  timestamp,
} from './objects.ts';

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly plural: Plural;
  readonly object: KubeObject;
}

/** Who writes, and whether the write is only tried. */
export interface Writing {
  readonly manager: string;
  readonly dryRun?: boolean;
  /** `status` where a controller writes it. */
  readonly subresource?: string;
}

/** Metadata as a client may give it: what the server decides is left out. */
export type NewMetadata = Pick<Metadata, 'name' | 'namespace'> & Partial<Metadata>;

/** The objects of one simulated cluster, in memory, under one count of versions. */
export class ObjectStore {
  readonly now: () => number;
  readonly namespaces = new Map<string, 'Active' | 'Terminating'>();
  readonly #objects = new Map<string, KubeObject>();
  readonly #watchers: ((change: Change) => void)[] = [];
  #version = 1000;

  constructor(now: () => number, namespaces: readonly string[]) {
    this.now = now;
    for (const name of namespaces) this.namespaces.set(name, 'Active');
  }

  /** Calls `watcher` at every change, right after it was made and before anybody hears of it. */
  watch(watcher: (change: Change) => void): void {
    this.#watchers.push(watcher);
  }

  /** The version of the newest change, as lists bear it. */
  get version(): string {
    return String(this.#version);
  }

  get(plural: Plural, namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(keyOf(plural, namespace, name));
  }

  /** The objects of a resource in one namespace, or in all, sorted by namespace and name. */
  list(plural: Plural, namespace?: string): readonly KubeObject[] {
    const prefix = namespace === undefined ? `${plural}/` : `${plural}/${namespace}/`;
    return [...this.#objects]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object);
  }

  /** Puts a new object in, and gives it what the server decides: uid, version, time. A dry run changes nothing and gives no version. */
  create(plural: Plural, wanted: { readonly metadata: NewMetadata; readonly [name: string]: unknown }, by: Writing): KubeObject {
    const resource: Resource = resources[plural];
    const object = {
      ...wanted,
      kind: resource.kind,
      apiVersion: apiVersionOf(resource),
      metadata: {
        ...wanted.metadata,
        uid: wanted.metadata.uid ?? randomUUID(),
        resourceVersion: '',
        creationTimestamp: timestamp(this.now()),
      },
    };
    const created = this.#owned(undefined, object, by);
    if (by.dryRun === true) return withoutVersion(created);
    return this.#commit(plural, 'ADDED', created);
  }

  /** Replaces an object by a changed one. Where nothing has changed, nothing is written and the version stays. */
  replace(plural: Plural, held: KubeObject, changed: KubeObject, by: Writing): KubeObject {
    const object = { ...changed, metadata: { ...changed.metadata, resourceVersion: held.metadata.resourceVersion } };
    if (sameJson(held, object)) return held;
    const owned = this.#owned(held, object, by);
    return by.dryRun === true ? owned : this.#commit(plural, 'MODIFIED', owned);
  }

  remove(plural: Plural, object: KubeObject): void {
    this.#version += 1;
    this.#objects.delete(keyOf(plural, object.metadata.namespace, object.metadata.name));
    for (const watcher of this.#watchers) watcher({ type: 'DELETED', plural, object });
  }

  #commit(plural: Plural, type: 'ADDED' | 'MODIFIED', object: KubeObject): KubeObject {
    this.#version += 1;
    const committed = { ...object, metadata: { ...object.metadata, resourceVersion: this.version } };
    this.#objects.set(keyOf(plural, object.metadata.namespace, object.metadata.name), committed);
    for (const watcher of this.#watchers) watcher({ type, plural, object: committed });
    return committed;
  }

  #owned(before: KubeObject | undefined, after: KubeObject, by: Writing): KubeObject {
    const given = after.metadata.managedFields ?? [];
    if (before === undefined && given.length > 0) return after;
    const managedFields = managersAfter(before as JsonObject | undefined, after as unknown as JsonObject, given, {
      manager: by.manager,
      apiVersion: after.apiVersion,
      time: timestamp(this.now()),
      ...(by.subresource === undefined ? {} : { subresource: by.subresource }),
    });
    return { ...after, metadata: { ...after.metadata, managedFields } };
  }
}

function keyOf(plural: Plural, namespace: string, name: string): string {
  return `${plural}/${namespace}/${name}`;
}

function withoutVersion(object: KubeObject): KubeObject {
  const { resourceVersion: _, ...metadata } = object.metadata;
  return { ...object, metadata: metadata as Metadata };
}
