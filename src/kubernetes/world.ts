import type { Disk } from '../platform/disk.ts';
import type { Processes } from '../platform/processes.ts';
import type { InputStream, World } from '../platform/world.ts';

/** The part of the world that this module may use. */
export interface KubernetesWorld extends Pick<World, 'env' | 'home' | 'resolvePath' | 'now' | 'monotonic' | 'sleep'> {
  /** A credential plugin may ask the user if this is a terminal. */
  readonly stdin: Pick<InputStream, 'isTTY'>;
  disk(): Promise<Pick<Disk, 'read'>>;
  processes(): Promise<Processes>;
}

/** The largest file to read, in bytes. Kubeconfig files, tokens and certificates are much smaller. */
const largest = 16 * 1024 * 1024;

/** Reads a whole file. @throws the errors of `Disk.read`. */
export async function readText(world: Pick<KubernetesWorld, 'disk'>, path: string): Promise<string> {
  const disk = await world.disk();
  return (await disk.read(path, largest)).text;
}
