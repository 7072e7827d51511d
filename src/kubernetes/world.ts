import type { Disk } from '../platform/disk.ts';
import type { Processes } from '../platform/processes.ts';
import type { InputStream, World } from '../platform/world.ts';

/** All that this layer may touch of the machine: a part of the world. */
export interface KubernetesWorld extends Pick<World, 'env' | 'home' | 'resolvePath' | 'now' | 'monotonic' | 'sleep'> {
  /** Where it is a terminal, a credential plugin may ask the user there. */
  readonly stdin: Pick<InputStream, 'isTTY'>;
  disk(): Promise<Pick<Disk, 'read'>>;
  processes(): Promise<Processes>;
}

/** Larger than any kubeconfig file, token or certificate, in bytes. */
const largest = 16 * 1024 * 1024;

/** The whole of a file. @throws what `Disk.read` throws. */
export async function readText(world: Pick<KubernetesWorld, 'disk'>, path: string): Promise<string> {
  const disk = await world.disk();
  return (await disk.read(path, largest)).text;
}
