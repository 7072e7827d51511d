import { onTestFinished } from 'vitest';
import { type Kubernetes, type KubernetesOptions, startKubernetes } from '../kubernetes/server.ts';

/** A simulated Kubernetes API server for the running test, closed when it has finished; a request it does not know fails that test. */
export async function startKubernetesForTest(options: KubernetesOptions = {}): Promise<Kubernetes> {
  const kubernetes = await startKubernetes({ keepBodies: true, ...options });
  onTestFinished(() => kubernetes.close());
  return kubernetes;
}
