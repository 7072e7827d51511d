import { distance } from 'fastest-levenshtein';

// Nobody mistypes a longer word, and comparing longer words takes long.
const LONGEST = 64;

/**
 * Finds the known word that was probably meant: the only one that begins with the typed word, else the one that differs by a few slips. Two
 * swapped letters count as one slip. A word with another first letter is never near, unless that is the only slip.
 * @param word the typed word; for a flag without its dashes.
 * @returns the known word; undefined if none is near, because a wrong guess is worse than none.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const typed = word.toLowerCase();
  if (typed === '' || typed.length > LONGEST) return undefined;
  const begun = known.filter((candidate) => candidate.toLowerCase().startsWith(typed));
  if (begun.length === 1) return begun[0];
  let best: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const slips = slipsBetween(typed, candidate.toLowerCase());
    if (slips >= fewest) continue;
    best = candidate;
    fewest = slips;
  }
  return best;
}

/**
 * The same for names that people chose. A name that differs only in blanks, capitals or Unicode composition is near, however long it is.
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const plain = plainName(name);
  return known.find((candidate) => plainName(candidate) === plain) ?? nearest(name, known);
}

/** A name in a normal form, without differences that are hard to see. */
function plainName(name: string): string {
  return name.normalize('NFKC').replace(/\s+/g, ' ').trim().toLowerCase();
}

/** The number of slips between two words; infinite if they have too little in common. */
function slipsBetween(typed: string, candidate: string): number {
  const most = typed[0] === candidate[0] ? Math.max(2, typed.length / 3) : typed.length > 3 ? 1 : 0;
  if (Math.abs(typed.length - candidate.length) > most) return Number.POSITIVE_INFINITY;
  const swapped = swaps(typed);
  if (swapped.includes(candidate)) return 1;
  const slips = Math.min(distance(typed, candidate), ...swapped.map((other) => 1 + distance(other, candidate)));
  return slips <= most ? slips : Number.POSITIVE_INFINITY;
}

/** All variants of a word with two neighbouring letters swapped. */
function swaps(word: string): string[] {
  const letters = [...word];
  return letters
    .slice(1)
    .map((letter, index) => [...letters.slice(0, index), letter, letters[index], ...letters.slice(index + 2)].join(''));
}
