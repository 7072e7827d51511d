import { buildKubernetes } from './build.ts';

/** Runs once, before the tests. */
export async function setup(): Promise<void> {
  await buildKubernetes((text) => process.stderr.write(text));
}
