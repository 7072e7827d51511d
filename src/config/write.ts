import { setTimeout as delay } from 'node:timers/promises';
import type { Context } from './model.ts';
import {
  type ConfigAccess,
  deleteContext as deleteIn,
  type SavedContext,
  saveContext as saveIn,
  setCurrentContext as setIn,
} from './store.ts';
import { diskOfThisMachine } from './this-machine.ts';

// The changes of `store.ts` on this machine, for callers that do not hand over a disk and a clock yet.

/** Takes one sentence for the user. */
type Warn = (line: string) => void;

/** See `saveContext` of the store. */
export async function saveContext(path: string, name: string, context: Context, warn: Warn): Promise<SavedContext> {
  return saveIn(await accessOfThisMachine(warn), path, name, context);
}

/** See `setCurrentContext` of the store. */
export async function setCurrentContext(path: string, name: string, warn: Warn): Promise<void> {
  await setIn(await accessOfThisMachine(warn), path, name);
}

/** See `deleteContext` of the store. */
export async function deleteContext(path: string, name: string, warn: Warn): Promise<void> {
  await deleteIn(await accessOfThisMachine(warn), path, name);
}

async function accessOfThisMachine(warn: Warn): Promise<ConfigAccess> {
  return { disk: await diskOfThisMachine(), sleep: (ms) => delay(ms), warn };
}
