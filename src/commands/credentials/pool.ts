/** The most things that are done at a time, whatever is asked for: a fleet's servers and this machine shall notice nothing. */
export const mostAtOnce = 8;

/**
 * Does something for each item, some at a time, and gives the results in the order of the items.
 * @param atOnce how many at a time.
 * @param work is to give a result whatever happens; what it throws ends all.
 */
export async function pool<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  const rest = items.entries();
  const lane = async () => {
    for (const [index, item] of rest) results[index] = await work(item, index);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, mostAtOnce, items.length) }, lane));
  return results;
}
