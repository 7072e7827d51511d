import { assignedValue } from './dotenv-quoting.ts';
import { type AssignedValue, matchesAt, readAssignedValue } from './dotenv-value.ts';
import { type Edit, type Field, lineEndOf, type ParsedDocument } from './model.ts';
import { looksPadded } from './raw.ts';
import { quotedLines } from './shell-quotes.ts';

interface Assignment extends AssignedValue {
  readonly name: string;
  readonly line: number;
  readonly exported: boolean;
  /** Whether a shell sees the assignment inside quotes that begin on an earlier line. */
  readonly straddled: boolean;
}

/** A text that is not a dotenv file, with the first line that does not belong in one, counted from 1. */
export interface NotDotenv {
  readonly line: number;
}

/** For systemd a semicolon begins a comment, too. */
const BLANK_OR_COMMENT = /[ \t\r]*(?:[#;][^\n]*)?(?:\n|$)/y;
/** Shells export a variable this way. Docker takes the value of such a name from its own environment. */
const NAME_ALONE = /[ \t]*(?:export(?:[ \t]+[A-Za-z_]\w*)+|[A-Z_][A-Z0-9_]*)[ \t]*\r?(?:\n|$)/y;
/** Some programs allow blanks around the equals sign. No script has blanks there. */
const ASSIGNMENT = /[ \t]*(export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*=(?!>|=[ \t])/y;

/** Parses a text that has only assignments, comments and blank lines. */
export function parseDotenv(text: string): ParsedDocument | NotDotenv {
  const assignments: Assignment[] = [];
  let at = text.startsWith('\ufeff') ? 1 : 0;
  let line = 1;
  const quoted = quotedLines(text);
  let quotes = 0;
  while (at < text.length) {
    const assignment = readAssignment(text, at);
    const next = assignment?.next ?? skipLine(text, at);
    if (next === undefined) return { line };
    if (assignment !== undefined) {
      const { start } = assignment;
      while ((quoted[quotes]?.close ?? text.length) < start) quotes++;
      assignments.push({ ...assignment, line, straddled: (quoted[quotes]?.open ?? text.length) < start });
    }
    line += text.slice(at, next).split('\n').length - 1;
    at = next;
  }
  const first = new Map<string, Assignment>();
  const twice = new Map<string, string>();
  for (const assignment of assignments) {
    const { name } = assignment;
    const before = first.get(name);
    if (before === undefined) first.set(name, assignment);
    // Docker uses the first assignment; shells and systemd use the last.
    else
      twice.set(
        name,
        `is set more than once (lines ${before.line} and ${assignment.line}): programs differ about which one counts`,
      );
  }
  return {
    format: 'dotenv',
    fields: [...first.values()].map((assignment) => fieldOf(assignment, twice.get(assignment.name))),
    add: (name, secret) => appendLine(text, assignments.at(-1), `${name}=`, secret),
  };
}

function readAssignment(text: string, at: number): Omit<Assignment, 'line' | 'straddled'> | undefined {
  const end = text.indexOf('\n', at);
  if (looksPadded(text.slice(at, end === -1 ? text.length : end).trim())) return undefined;
  ASSIGNMENT.lastIndex = at;
  const [all = '', exported, name] = ASSIGNMENT.exec(text) ?? [];
  if (name === undefined) return undefined;
  return { ...readAssignedValue(text, at + all.length), name, exported: exported !== undefined };
}

function skipLine(text: string, at: number): number | undefined {
  const pattern = [BLANK_OR_COMMENT, NAME_ALONE].find((candidate) => matchesAt(candidate, text, at));
  return pattern?.lastIndex;
}

function fieldOf({ name, line, value, start, end, quoting, straddled, ...assignment }: Assignment, twice?: string): Field {
  const unclear = straddled ? 'is inside quotes that begin on an earlier line' : assignment.refused;
  const refused = twice ?? (unclear === undefined ? undefined : `${unclear} (line ${line})`);
  return {
    name,
    value,
    ...(refused === undefined ? {} : { refused }),
    replace: (secret) => ({ start, end, text: assignedValue(secret, quoting) }),
  };
}

/** Adds a last line, exported and quoted like the last assignment. */
function appendLine(text: string, last: Assignment | undefined, name: string, secret: string): Edit {
  const lineEnd = lineEndOf(text);
  const assignment = `${last?.exported ? 'export ' : ''}${name}${assignedValue(secret, last?.quoting)}`;
  const complete = text === '' || text.endsWith('\n');
  return {
    start: text.length,
    end: text.length,
    // If the last line has no line end, the new one has none either.
    text: complete ? `${assignment}${lineEnd}` : `${lineEnd}${assignment}`,
  };
}
