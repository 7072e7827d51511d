// The entry of this module. Only commands that use a Kubernetes API server load it.
export { type Access, type AccessOptions, loadAccess } from './access.ts';
export { createKubernetes, type Kubernetes, type KubernetesOptions } from './client.ts';
export { ConflictError, InvalidObjectError, ObjectMissingError } from './errors.ts';
export {
  checkFieldName,
  checkNamespace,
  parseSecret,
  parseWorkload,
  type SecretReference,
  type WorkloadKind,
  type WorkloadReference,
} from './names.ts';
export type { Metadata, Owner } from './object.ts';
export type { Pods } from './pods.ts';
export { checkRestartable, type RestartMarker, restart, restartAnnotation, restartMarker } from './restart.ts';
export { type RolloutOptions, type RolloutOutcome, waitForRollouts } from './rollout.ts';
export { type RolloutStatus, rolloutStatus } from './rollout-status.ts';
export type {
  CallOptions,
  ChangeOptions,
  NewSecret,
  Secret,
  SecretChange,
  SecretId,
  Secrets,
  VersionedOptions,
} from './secrets.ts';
export type { Workload, WorkloadId, Workloads } from './workloads.ts';
export type { KubernetesWorld } from './world.ts';
