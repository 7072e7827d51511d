import type { CredentialKind } from '../../src/credentials/ports.ts';
import type { Kubernetes } from '../../src/kubernetes/index.ts';
import type { Disk, Lock, OpenFile } from '../../src/platform/disk.ts';

/** The error that every call of a killed program throws. */
export class Killed extends Error {}

/** One moment of a run: before or after a call to the outside world. */
export interface Moment {
  /** The call: `create key`, `rename journal`, `kind.delete`, `secrets.patch`. */
  readonly call: string;
  readonly when: 'before' | 'after';
  /** 2n is the moment before the nth call and 2n + 1 the moment after it, counted from 0. */
  readonly point: number;
}

/** Called and awaited at each moment. It may look, change something without the run's knowledge, make the call fail, or kill the run. */
export type Hook = (moment: Moment) => void | Promise<void>;

/** Everything outside that a run can reach, with a hook before and after each call. */
export interface Interception {
  /** The calls so far, in order. */
  readonly calls: readonly string[];
  disk(disk: Disk): Disk;
  kind(kind: CredentialKind): CredentialKind;
  kubernetes(client: Kubernetes): Kubernetes;
  /** Wraps any other object whose methods reach the outside. @param prefix the beginning of the names of its calls. */
  watch<T extends object>(target: T, prefix: string): T;
  /** Does what the system does after a kill: closes the files and releases the locks. */
  cleanUp(): Promise<void>;
}

export function intercept(hook: Hook): Interception {
  const calls: string[] = [];
  const files: OpenFile[] = [];
  const locks: Lock[] = [];
  const around = async (call: string, work: () => unknown): Promise<unknown> => {
    const number = calls.length;
    calls.push(call);
    await hook({ call, when: 'before', point: 2 * number });
    // A call that throws has ended just like one that returns.
    const outcome = (async () => work())();
    const result = await outcome.catch(() => undefined);
    if (isFile(result)) files.push(result);
    if (isLock(result)) locks.push(result);
    await hook({ call, when: 'after', point: 2 * number + 1 });
    await outcome;
    if (isFile(result)) return watched(result, (name) => `file.${name}${partOf([result.path])}`);
    return isLock(result) ? watched(result, (name) => `lock.${name}`) : result;
  };
  function watched<T extends object>(target: T, nameOf: (member: string, args: readonly unknown[]) => string): T {
    return new Proxy(target, {
      get(object, key) {
        const member: unknown = Reflect.get(object, key);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => around(nameOf(String(key), args), () => Reflect.apply(member, object, args));
      },
    });
  }
  return {
    calls,
    disk: (disk) => watched(disk, (name, args) => `${name}${partOf(args)}`),
    kind(kind) {
      const { list, create, delete: remove, verify } = watched(kind, (name) => `kind.${name}`);
      return { ...kind, list, create, delete: remove, verify };
    },
    kubernetes: (client) => ({
      ...client,
      secrets: watched(client.secrets, (name, args) => `secrets.${name}${isDryRun(args) ? ' dry' : ''}`),
      workloads: watched(client.workloads, (name, args) => `workloads.${name}${isDryRun(args) ? ' dry' : ''}`),
      pods: watched(client.pods, (name) => `pods.${name}`),
    }),
    watch: (target, prefix) => watched(target, (name) => `${prefix}${name}`),
    async cleanUp() {
      for (const file of files) await file.close();
      for (const lock of locks) await lock.release();
    },
  };
}

/** Kills a run, and tells whether it really did. */
export interface Killer {
  readonly hook: Hook;
  killed(): boolean;
}

/**
 * Kills a run: from that point on every call fails.
 * @param at the point of a `Moment`, or the name of a moment: `before kind.create` means the first such moment.
 */
export function killer(at: number | string): Killer {
  let killed = false;
  return {
    hook(moment) {
      killed ||= isAt(moment, at);
      if (killed) throw new Killed(`${moment.when} ${moment.call}`);
    },
    killed: () => killed,
  };
}

/** Whether a moment is the wanted one. */
export function isAt({ when, call, point }: Moment, at: number | string): boolean {
  return typeof at === 'number' ? point === at : at === `${when} ${call}`;
}

/** An error of the operating system. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: simulated`), { code });
}

/** Which file of a destination a call is about, judged by the file's name. */
function partOf(args: readonly unknown[]): string {
  const paths = args.filter((arg) => typeof arg === 'string');
  if (paths.some((path) => path.includes('.sts-pending'))) return ' journal';
  return paths.some((path) => path.includes('.sts-key-')) ? ' key' : '';
}

function isFile(result: unknown): result is OpenFile {
  return typeof result === 'object' && result !== null && 'overwrite' in result;
}

function isLock(result: unknown): result is Lock {
  return typeof result === 'object' && result !== null && 'isHeld' in result;
}

function isDryRun(args: readonly unknown[]): boolean {
  return args.some((arg) => typeof arg === 'object' && arg !== null && 'dryRun' in arg && arg.dryRun === true);
}
