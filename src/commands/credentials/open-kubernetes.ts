import type { Destination } from '../../credentials/ports.ts';
import { FileReadError } from '../../errors.ts';
import { createKubernetes, type Kubernetes, loadAccess, parseSecret, parseWorkload } from '../../kubernetes/index.ts';
import { shellWord } from '../../shell-word.ts';
import { version } from '../../version.ts';
import type { CredentialNoun } from '../nouns.ts';
import type { Session } from '../verb.ts';
import type { DeliveryPlan } from './delivery-plan.ts';
import type { OpenOptions } from './destination.ts';
import type { VerifyOptions } from './verify.ts';

/** `--kubernetes-secret [NAMESPACE/]NAME` */
export async function openSecret(
  plan: Extract<DeliveryPlan, { readonly to: 'kubernetes' }>,
  { session, isReplaced, mayCreate }: OpenOptions,
): Promise<Destination> {
  const reference = parseSecret(plan.secret);
  const workloads = plan.restart.map((text) => parseWorkload(text));
  const kubernetes = await clientOf(plan, session);
  const namespace = reference.namespace ?? kubernetes.access.namespace;
  const { SecretDestination } = await import('../../destinations/secret.ts');
  const { progress } = session;
  return new SecretDestination({
    kubernetes,
    id: { namespace, name: reference.name },
    field: plan.field,
    clusterFlags: [
      plan.kubeconfig === undefined ? '' : ` --kubeconfig ${shellWord(plan.kubeconfig)}`,
      plan.kubeContext === undefined ? '' : ` --kube-context ${shellWord(plan.kubeContext)}`,
    ].join(''),
    isReplaced,
    mayCreate,
    force: plan.force,
    restart: workloads.map((workload) => ({ ...workload, namespace })),
    restartTimeoutMs: plan.restartTimeoutMs,
    now: () => session.world.now(),
    interrupt: session.world.interrupt,
    warn: (sentence) => progress.warn(sentence),
    onProgress: (sentence) =>
      void progress.status(`Waiting for the restart: ${sentence}`).then((shown) => shown || progress.verbose(sentence)),
  });
}

/** The secret that a Kubernetes Secret holds, for `verify`. @throws FileReadError (exit 5) when it holds none. */
export async function secretOf(
  options: VerifyOptions & { readonly kubernetesSecret: string },
  { words }: CredentialNoun,
  session: Session,
): Promise<{ readonly secret: string; readonly source: string }> {
  const reference = parseSecret(options.kubernetesSecret);
  const { kubeconfig, kubeContext, keyVar } = options;
  const kubernetes = await clientOf(
    { kubeconfig: kubeconfig === undefined ? undefined : session.world.resolvePath(kubeconfig), kubeContext },
    session,
  );
  try {
    const namespace = reference.namespace ?? kubernetes.access.namespace;
    const found = await kubernetes.secrets.get({ namespace, name: reference.name });
    const { fieldOf, textOf } = await import('../../destinations/secret-check.ts');
    const field = fieldOf(found, keyVar, true);
    const secret = textOf(found.data.get(field)) ?? '';
    const source = `the field ${field} of the Secret ${namespace}/${reference.name}`;
    const { usableSecret } = await import('../../documents/usable.ts');
    const why = usableSecret(secret);
    if (why !== undefined) throw new FileReadError(`The ${source.replace(/^the /, '')} holds no ${words.short}: ${why}.`);
    return { secret, source };
  } finally {
    await kubernetes.close();
  }
}

async function clientOf(
  { kubeconfig, kubeContext }: { readonly kubeconfig: string | undefined; readonly kubeContext: string | undefined },
  session: Session,
): Promise<Kubernetes> {
  const { world } = session;
  const { timeoutMs } = await session.settings();
  const access = await loadAccess(world, {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(kubeContext === undefined ? {} : { context: kubeContext }),
    onPluginStderr: (text: string) => void session.progress.passOn(text),
  });
  return createKubernetes({ access, world, timeoutMs, version, log: (line) => session.progress.verbose(line) });
}
