import { distance } from 'fastest-levenshtein';

// Nobody types more than this by a slip; to compare longer words takes long.
const LONGEST = 64;

/**
 * Which of the words there are was probably meant: the only one that begins as typed, else the one that is a few slips away.
 * Two letters in each other's place are one slip. A word with another first letter is another word, unless that is the only slip.
 * @param word what was typed; of a flag the part after its dashes.
 * @returns the word meant; undefined where none is near, since a wrong guess is worse than none.
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
 * The same for names that people gave: one that differs by blanks, by capitals or by how Unicode composes its characters is near,
 * however long it is.
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const plain = plainName(name);
  return known.find((candidate) => plainName(candidate) === plain) ?? nearest(name, known);
}

/** A name without what cannot be seen of it, or hardly. */
function plainName(name: string): string {
  return name.normalize('NFKC').replace(/\s+/g, ' ').trim().toLowerCase();
}

/** How far two words are apart; infinite where they have too little in common. */
function slipsBetween(typed: string, candidate: string): number {
  const most = typed[0] === candidate[0] ? Math.max(2, typed.length / 3) : typed.length > 3 ? 1 : 0;
  if (Math.abs(typed.length - candidate.length) > most) return Number.POSITIVE_INFINITY;
  const swapped = swaps(typed);
  if (swapped.includes(candidate)) return 1;
  const slips = Math.min(distance(typed, candidate), ...swapped.map((other) => 1 + distance(other, candidate)));
  return slips <= most ? slips : Number.POSITIVE_INFINITY;
}

/** The word with each two neighbours in each other's place. */
function swaps(word: string): string[] {
  const letters = [...word];
  return letters
    .slice(1)
    .map((letter, index) => [...letters.slice(0, index), letter, letters[index], ...letters.slice(index + 2)].join(''));
}
