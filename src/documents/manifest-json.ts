import { noKey } from './errors.ts';
import { type Entry, type Manifest, SECTIONS, type SectionName } from './manifest.ts';
import type { Edit } from './model.ts';

/** One member of a JSON object, with its place in the text. */
interface Member {
  readonly name: string;
  readonly nameStart: number;
  readonly nameEnd: number;
  /** The value as it is written. */
  readonly start: number;
  readonly end: number;
}

const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/y;
const BLANKS = /\s*/y;

/**
 * Finds the fields of a Secret written in JSON.
 * @param text a valid JSON object, which may have a byte order mark before it.
 * @param subject the name of the document at the beginning of a sentence.
 * @throws DocumentError when the text is not a valid Secret.
 */
export function jsonManifest(text: string, subject: string): Manifest {
  const open = text.indexOf('{');
  const members = membersOf(text, open);
  const places = SECTIONS.flatMap((section) => {
    const member = members.find(({ name }) => name === section);
    return member === undefined || isNull(text, member) ? [] : [{ section, start: member.start }];
  });
  const noMap = places.find(({ start }) => text[start] !== '{');
  if (noMap !== undefined) throw noKey(`${subject} is not a valid Secret: its ${noMap.section} is not an object of fields.`);
  const sections = places.map((place) => ({ ...place, fields: membersOf(text, place.start) }));
  if ([members, ...sections.map(({ fields }) => fields)].some(hasTwice))
    throw noKey(`${subject} is not a valid Secret: it has two members with the same name.`);
  const entries = sections.flatMap(({ section, fields }) => fields.map((field) => entryOf(text, section, field)));
  const version = members.find(({ name }) => name === 'apiVersion');
  return {
    apiVersion: version && JSON.parse(text.slice(version.start, version.end)),
    encrypted: members.some(({ name }) => name === 'sops'),
    entries,
    sections: sections.map(({ section }) => section),
    add(section, name, value) {
      const field: NewMember = [name, JSON.stringify(value)];
      const place = sections.find((candidate) => candidate.section === section);
      if (place !== undefined) return addMember(text, place.start, place.fields, field);
      const nothing = members.find((member) => member.name === section);
      if (nothing !== undefined) return { start: nothing.start, end: nothing.end, text: `{${written(text, members, field)}}` };
      return addMember(text, open, members, [section, `{${written(text, members, field)}}`]);
    },
  };
}

/** The members of the object whose opening brace is at `open`. */
function membersOf(text: string, open: number): Member[] {
  const members: Member[] = [];
  let at = endOf(BLANKS, text, open + 1);
  while (text[at] === '"') {
    const nameEnd = endOf(STRING, text, at);
    const name: unknown = JSON.parse(text.slice(at, nameEnd));
    const start = endOf(BLANKS, text, endOf(BLANKS, text, nameEnd) + 1);
    const end = valueEnd(text, start);
    members.push({ name: String(name), nameStart: at, nameEnd, start, end });
    at = endOf(BLANKS, text, end);
    if (text[at] === ',') at = endOf(BLANKS, text, at + 1);
  }
  return members;
}

/** Where the value that begins at `start` ends. It counts brackets instead of recursing, so that deep nesting does no harm. */
function valueEnd(text: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === '"') at = endOf(STRING, text, at);
    else if (/[{[]/.test(char)) {
      depth++;
      at++;
    } else if (/[}\]]/.test(char)) {
      if (depth === 0) return at;
      depth--;
      at++;
    } else if (depth === 0 && /[,\s]/.test(char)) return at;
    else {
      at++;
      continue;
    }
    if (depth === 0) return at;
  }
  return at;
}

function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

function isNull(text: string, { start, end }: Member): boolean {
  return text.slice(start, end) === 'null';
}

function hasTwice(members: readonly Member[]): boolean {
  return new Set(members.map(({ name }) => name)).size < members.length;
}

function entryOf(text: string, section: SectionName, { name, start, end }: Member): Entry {
  const value: unknown = JSON.parse(text.slice(start, end));
  return {
    section,
    name,
    text: typeof value === 'string' ? value : value === null ? '' : undefined,
    replace: (replacement) => ({ start, end, text: JSON.stringify(replacement) }),
  };
}

type NewMember = readonly [name: string, json: string];

/** Adds a last member. The whitespace before it is the same as between the brace and the first member. */
function addMember(text: string, open: number, members: readonly Member[], added: NewMember): Edit {
  const last = members.at(-1);
  const first = members[0];
  const member = written(text, members, added);
  if (last === undefined || first === undefined) return { start: open + 1, end: open + 1, text: member };
  return { start: last.end, end: last.end, text: `,${text.slice(open + 1, first.nameStart)}${member}` };
}

/** Writes a member with the same blanks around its colon as the first member. */
function written(text: string, [first]: readonly Member[], [name, json]: NewMember): string {
  const colon = first === undefined ? ': ' : text.slice(first.nameEnd, first.start);
  return `${JSON.stringify(name)}${colon}${json}`;
}
