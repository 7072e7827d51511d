import { onTestFinished } from 'vitest';
import { type Kubernetes, type KubernetesOptions, startKubernetes } from '../kubernetes/server.ts';

/**
 * Starts a simulated Kubernetes API server for the running test. It is closed when the test has finished. An unknown request fails the
 * test.
 */
export async function startKubernetesForTest(options: KubernetesOptions = {}): Promise<Kubernetes> {
  const kubernetes = await startKubernetes({ keepBodies: true, ...options });
  onTestFinished(() => kubernetes.close());
  return kubernetes;
}
