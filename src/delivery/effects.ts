/** Told the name of each step before and after it is taken: `before NAME`, `after NAME`. What it throws ends the work there. */
export type StepHook = (step: string) => void | Promise<void>;

/** Takes one step that changes or asks the outside world. All of them pass here, so that a test can stop the program at any. */
export async function effect<T>(hook: StepHook | undefined, name: string, action: () => Promise<T>): Promise<T> {
  await hook?.(`before ${name}`);
  const result = await action();
  await hook?.(`after ${name}`);
  return result;
}
