import { eastAsianWidth } from 'get-east-asian-width';

const printableAscii = /^[\x20-\x7e]*$/;
/**
 * Plain text never waits for these: the emoji alone take 15 ms to make. As literals they would be made when this file is read,
 * to be checked.
 */
function makePatterns() {
  return {
    /** What a terminal draws in one go: a whole emoji sequence, or one code point. */
    // biome-ignore lint/complexity/useRegexLiterals: made late on purpose
    drawn: new RegExp('\\p{RGI_Emoji}|.', 'gsv'),
    oneCodePoint: /^.$/su,
    /** Combining marks, joiners, and the Hangul vowels and finals that join the consonant before them. */
    invisible: /^[\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}\u1160-\u11ff\ud7b0-\ud7ff]$/u,
    /** Emoji of one code point are wide by themselves; without the selector the others are text. */
    // biome-ignore lint/complexity/useRegexLiterals: made late on purpose
    emoji: new RegExp('^\\p{RGI_Emoji}$', 'v'),
  };
}

let made: ReturnType<typeof makePatterns> | undefined;

function patterns(): ReturnType<typeof makePatterns> {
  made ??= makePatterns();
  return made;
}

/** Whether a text has nothing but printable ASCII: it is safe to show, and as wide as it is long. */
export function isPlain(text: string): boolean {
  return printableAscii.test(text);
}

/** The pieces a terminal draws one after the other. */
function* unitsOf(text: string): Generator<string> {
  if (printableAscii.test(text)) yield* text;
  else for (const [unit] of text.matchAll(patterns().drawn)) yield unit;
}

/** Columns a text takes on a terminal: a wide character counts two, a combining mark none. */
export function displayWidth(text: string): number {
  if (printableAscii.test(text)) return text.length;
  let width = 0;
  for (const unit of unitsOf(text)) width += unitWidth(unit);
  return width;
}

/** Cuts a text into lines of at most `width` columns, at spaces where there are any. At least one character stands on a line. */
export function wrap(text: string, width: number): string[] {
  if (displayWidth(text) <= width) return [text];
  const lines: string[] = [];
  let line = '';
  let used = 0;
  let breakAt = -1;
  for (const unit of unitsOf(text)) {
    const columns = unitWidth(unit);
    // Twice where even the word carried over leaves no room.
    while (used + columns > width && line !== '') {
      const carried = breakAt > 0 && unit !== ' ' ? line.slice(breakAt) : '';
      lines.push(trimEnd(carried === '' ? line : line.slice(0, breakAt)));
      line = carried;
      used = displayWidth(carried);
      breakAt = -1;
    }
    if (unit === ' ' && line === '' && lines.length > 0) continue;
    line += unit;
    used += columns;
    if (unit === ' ') breakAt = line.length;
  }
  if (line !== '' || lines.length === 0) lines.push(trimEnd(line));
  return lines;
}

/** A text that fits `columns`, its end left out for `…` where it does not. */
export function shorten(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let short = '';
  let used = 1;
  for (const unit of unitsOf(text)) {
    used += unitWidth(unit);
    if (used > columns) break;
    short += unit;
  }
  return `${short}…`;
}

/** Without the spaces at the end; a regular expression would take quadratic time on a long run of spaces inside. */
export function trimEnd(line: string): string {
  let end = line.length;
  while (line.charCodeAt(end - 1) === 0x20) end--;
  return line.slice(0, end);
}

function unitWidth(unit: string): number {
  if (printableAscii.test(unit)) return 1;
  const { invisible, oneCodePoint, emoji } = patterns();
  if (invisible.test(unit)) return 0;
  if (oneCodePoint.test(unit) && !emoji.test(unit)) return eastAsianWidth(unit.codePointAt(0) ?? 0x20);
  return 2;
}
