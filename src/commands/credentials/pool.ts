import { mostAtOnce } from './most-at-once.ts';

/**
 * Does something for each item, some at a time, and gives the results in the order of the items.
 * @param atOnce how many at a time.
 * @param work is to give a result whatever happens; what it throws ends all.
 * @param serverOf what an item has to do with: the next item is one whose server has the least to do, so that one that does not respond
 * holds up few others while there are any.
 */
export async function pool<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item, index: number) => Promise<Result>,
  serverOf: (item: Item) => unknown = (item) => item,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  const queues = queuesOf(items, serverOf);
  const lane = async () => {
    for (let queue = leastBusy(queues); queue !== undefined; queue = leastBusy(queues)) {
      const next = queue.waiting.next();
      if (next.done) {
        queues.delete(queue);
        continue;
      }
      const [index, item] = next.value;
      queue.inWork += 1;
      results[index] = await work(item, index);
      queue.inWork -= 1;
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, mostAtOnce, items.length) }, lane));
  return results;
}

/** The items of one server, in their order. */
interface Queue<Item> {
  readonly waiting: Iterator<readonly [number, Item], undefined>;
  inWork: number;
}

function queuesOf<Item>(items: readonly Item[], serverOf: (item: Item) => unknown): Set<Queue<Item>> {
  const lists = new Map<unknown, [number, Item][]>();
  for (const entry of items.entries()) {
    const server = serverOf(entry[1]);
    const list = lists.get(server);
    if (list === undefined) lists.set(server, [entry]);
    else list.push(entry);
  }
  return new Set([...lists.values()].map((list) => ({ waiting: list.values(), inWork: 0 })));
}

/** The first of those with the least in work. */
function leastBusy<Item>(queues: ReadonlySet<Queue<Item>>): Queue<Item> | undefined {
  let least: Queue<Item> | undefined;
  for (const queue of queues) {
    if (queue.inWork === 0) return queue;
    if (least === undefined || queue.inWork < least.inWork) least = queue;
  }
  return least;
}
