import type { Case } from './case.ts';
import { changes } from './changes.ts';
import { lifecycle } from './lifecycle.ts';
import { permissions } from './permissions.ts';
import { validity } from './validity.ts';
import { versions } from './versions.ts';

export { type Caller, type Case, limitedRules } from './case.ts';
export { runCase } from './run.ts';

/** Facts of the Kubernetes API that a client which keeps its journal in a Secret lives by. The same on the simulated and on a real server. */
export const cases: readonly Case[] = [...changes, ...versions, ...validity, ...lifecycle, ...permissions];
