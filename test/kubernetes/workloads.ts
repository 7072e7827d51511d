import { createHash } from 'node:crypto';
import { type JsonObject, type KubeObject, membersOf, sameJson, type WorkloadPlural } from './objects.ts';
import { type Phase, Progress, type Rollout } from './rollout.ts';

/** What a simulated controller knows of one workload besides the object itself. */
export interface Controlled {
  /** How the next change of the pod template is taken over. */
  rollout: Rollout;
  /** Nodes that a DaemonSet runs on. */
  readonly nodes: number;
  /** The pod template that the old pods were made of. */
  oldTemplate: JsonObject;
  /** The pod template that the pods are being made of. */
  template: JsonObject;
  progress: Progress;
  /** How often the pod template has changed: a Deployment's revision. */
  revision: number;
}

/** What a workload looks like from outside at one moment. */
export interface Situation {
  readonly phase: Phase;
  /** Pods that it should have. */
  readonly wanted: number;
  /** How many pods keep the old template for good: those of an `OnDelete` strategy, of a paused Deployment, or below a partition. */
  readonly held: number;
  readonly overdue: boolean;
  readonly paused: boolean;
  readonly oldHash: string;
  readonly hash: string;
}

/** A workload that has always run what it runs now. */
export function settled(object: KubeObject, rollout: Rollout, nodes: number): Controlled {
  const template = templateOf(object);
  const progress = new Progress({ unit: 'reads', observed: 0, ready: 0, gone: 0 }, 0);
  return { rollout, nodes, oldTemplate: template, template, progress, revision: 1 };
}

/** Lets the controller know the object after a change: a changed pod template begins a rollout. */
export function noteChange(controlled: Controlled, object: KubeObject, now: number): void {
  const template = templateOf(object);
  if (sameJson(template, controlled.template)) return;
  const phase = controlled.progress.phase(now);
  // Pods of a rollout that was overtaken were never all there: those that are replaced are still the old ones.
  if (phase === 'done' || phase === 'terminating') controlled.oldTemplate = controlled.template;
  controlled.template = template;
  controlled.revision += 1;
  controlled.progress = new Progress(controlled.rollout, now);
}

export function situationOf(plural: WorkloadPlural, object: KubeObject, controlled: Controlled, now: number): Situation {
  const spec = membersOf(object['spec']);
  const wanted = plural === 'daemonsets' ? controlled.nodes : Number(spec['replicas'] ?? 1);
  const strategy = membersOf(spec['updateStrategy']);
  const partition = Number(membersOf(strategy['rollingUpdate'])['partition'] ?? 0);
  const paused = plural === 'deployments' && spec['paused'] === true;
  const never = paused || strategy['type'] === 'OnDelete';
  const changed = !sameJson(controlled.oldTemplate, controlled.template);
  const held = !changed ? 0 : never ? wanted : Math.min(wanted, partition);
  const phase = controlled.progress.phase(now);
  return {
    phase,
    wanted,
    held,
    overdue: controlled.progress.isOverdue(now),
    paused,
    oldHash: hashOf(controlled.oldTemplate),
    hash: hashOf(controlled.template),
  };
}

function templateOf(object: KubeObject): JsonObject {
  return membersOf(membersOf(object['spec'])['template']);
}

/** The name of a pod template's revision. */
function hashOf(template: JsonObject): string {
  return createHash('sha256').update(JSON.stringify(template)).digest('hex').slice(0, 10);
}
