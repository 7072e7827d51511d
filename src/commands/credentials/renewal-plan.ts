import { isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml';
import { ConfigError, UsageError } from '../../errors.ts';
import { visible } from '../../escape.ts';
import { nearest } from '../../nearest.ts';
import { isTooDeep } from '../../yaml-limits.ts';
import { type Flag, flagEntries, type Verb } from '../verb.ts';
import { merged, type Place, type Resolve, resolverOf, textOf } from './plan-aliases.ts';
import type { RenewOptions } from './renew.ts';

/** One renewal of a plan: the options as a command line would give them. */
export interface PlannedRenewal {
  /** Context of the config file; undefined: the one of the command line. */
  readonly context: string | undefined;
  readonly options: RenewOptions;
  /** Line of the plan, from 1. */
  readonly line: number;
}

/** Flags that are about a whole plan. */
const notInPlans: readonly string[] = ['plan', 'parallel', 'dry-run'];

/**
 * Reads a plan: YAML with the key `renewals`, a list of renewals whose keys are `context` and the flags of `renew`. Anchors, aliases and
 * merge keys (`<<`) may save repetition.
 * @param path as given, for messages; `-` is stdin.
 * @throws ConfigError (exit 1) with line and column for what is no plan; UsageError (exit 3) for values that the flags refuse.
 */
export function readPlan(path: string, text: string, renew: Verb): readonly PlannedRenewal[] {
  const file = path === '-' ? 'stdin' : path;
  if (isTooDeep(text)) throw new ConfigError(`The plan ${file} is nested too deeply to be one.`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const place: Place = (node) => {
    const { line, col } = lines.linePos(isNode(node) ? (node.range?.[0] ?? 0) : 0);
    return `${file}:${line}:${col}`;
  };
  const [broken] = document.errors;
  if (broken !== undefined) {
    const { line, col } = lines.linePos(broken.pos[0]);
    throw new ConfigError(
      `The plan ${file}:${line}:${col} is not valid YAML (${broken.code.toLowerCase().replaceAll('_', ' ')}).`,
    );
  }
  const root = document.contents;
  const resolve = resolverOf(document, place);
  const list = isMap(root) ? resolve(root.get('renewals', true)) : undefined;
  if (!isMap(root) || !isSeq(list)) {
    throw new ConfigError(`The plan ${file} has no list "renewals".`, {
      hints: ['A plan begins with the line "renewals:", and each of its items with "- name: NAME".'],
    });
  }
  for (const { key } of root.items) {
    if (textOf(key) !== 'renewals') throw unknownKey(textOf(key), ['renewals'], place(key));
  }
  return list.items.map((item) => {
    const renewal = resolve(item);
    if (!isMap(renewal)) throw new ConfigError(`${place(item)}: a renewal is a list of keys and values.`);
    return readRenewal(merged(renewal, place, resolve), renew, place, resolve, Number(place(item).split(':').at(-2)));
  });
}

function readRenewal(pairs: readonly Pair[], renew: Verb, place: Place, resolve: Resolve, line: number): PlannedRenewal {
  const flags = flagEntries(renew).filter(([, { long }]) => !notInPlans.includes(long));
  const known = ['context', ...flags.map(([, { long }]) => long)];
  const options: Record<string, unknown> = {};
  let context: string | undefined;
  for (const { key, value } of pairs) {
    const name = textOf(key);
    if (name === 'context') context = textOf(resolve(value));
    else {
      const [option, flag] = flags.find(([, { long }]) => long === name) ?? [];
      if (option === undefined || flag === undefined) throw unknownKey(name, known, place(key));
      options[option] = readValue(flag, value, place(value ?? key), place, resolve);
    }
  }
  if (typeof options['name'] !== 'string') throw new ConfigError(`${place(pairs[0]?.key)}: the renewal has no name.`);
  located(place(pairs[0]?.key), () => renew.check?.(options));
  // Made by the very flags that the verb reads.
  return { context, options: options as unknown as RenewOptions, line };
}

/** @param where the value stands; what is wrong with an item of a list is said to be at the item. */
function readValue(flag: Flag<unknown>, given: unknown, where: string, place: Place, resolve: Resolve): unknown {
  const { long, repeatable, parse = (text: string): unknown => text } = flag;
  const value = resolve(given);
  if (flag.value === undefined) {
    if (isScalar(value) && typeof value.value === 'boolean') return value.value;
    throw new UsageError(`${where}: ${long} takes true or false.`);
  }
  const one = (node: unknown): unknown => {
    if (isMap(node) || isSeq(node)) throw new UsageError(`${long} takes one value${repeatable ? ', or a list of them' : ''}.`);
    return parse(textOf(node));
  };
  if (!repeatable) return located(where, () => one(value));
  if (!isSeq(value)) return located(where, () => [one(value)].flat());
  return value.items.flatMap((item) => located(place(item), () => one(resolve(item))));
}

function located<T>(where: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${where}: ${error.message}`, { hints: error.hints, cause: error });
  }
}

function unknownKey(name: string, known: readonly string[], where: string): ConfigError {
  const near = nearest(name, known);
  return new ConfigError(`${where}: a plan has no key ${JSON.stringify(visible(name))} here.`, {
    hints: [near === undefined ? `Keys are: ${known.join(', ')}` : `Did you mean ${near}?`],
  });
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'range' in value;
}
