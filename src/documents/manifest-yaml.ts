import { type Document, isAlias, isMap, isScalar, type Pair, parseAllDocuments, type YAMLMap } from 'yaml';
import { isTooDeep } from '../yaml-limits.ts';
import { DocumentError, noKey } from './errors.ts';
import { type Entry, type Manifest, SECTIONS, type SectionName } from './manifest.ts';
import { addPair, fillPair, fillSection, isNothing, replaceScalar } from './yaml-edit.ts';

// This module is loaded only for YAML, because the parser takes the longest to load.

/**
 * Finds the Secret in a text of one or more YAML documents, and its fields.
 * @param subject the name of the document at the beginning of a sentence.
 * @throws DocumentError when there is no Secret or more than one, or the YAML is invalid. The parser's messages are not shown, because they
 * quote a line, which may be the key.
 */
export function yamlManifest(text: string, subject: string): Manifest {
  const maps = parseDocuments(text, subject).flatMap(({ contents }) => (isMap(contents) ? [contents] : []));
  const secrets = maps.filter((map) => map.get('kind') === 'Secret');
  const [secret] = secrets;
  if (secret === undefined) {
    const list = maps.some((map) => /List$/.test(String(map.get('kind'))));
    throw noKey(
      list
        ? `${subject} is a list of Kubernetes objects. Give one Secret by itself.`
        : `${subject} is YAML, but there is no Kubernetes Secret in it.`,
    );
  }
  if (secrets.length > 1) {
    throw new DocumentError('ambiguous', `${subject} has ${secrets.length} Secrets. It is not clear which one holds the key.`, [
      'Give each Secret a file of its own.',
    ]);
  }
  return manifestOf(text, secret, subject);
}

function parseDocuments(text: string, subject: string): readonly Document[] {
  const broken = noKey(`${subject} looks like a Kubernetes Secret, but it is not valid YAML or JSON.`);
  if (isTooDeep(text)) throw broken;
  let documents: readonly Document[];
  try {
    const parsed = parseAllDocuments(text, { keepSourceTokens: true, logLevel: 'silent' });
    documents = 'empty' in parsed ? [] : parsed;
  } catch {
    // The text is nested too deeply for the parser.
    throw broken;
  }
  if (documents.some(({ errors }) => errors.length > 0)) throw broken;
  return documents;
}

/**
 * @throws DocumentError when fields come from elsewhere in the document. A change would miss them, or would change other fields as well.
 */
function manifestOf(text: string, secret: YAMLMap, subject: string): Manifest {
  const places = SECTIONS.flatMap((section) => {
    const pair = pairOf(secret, section);
    return pair === undefined ? [] : [{ section, pair }];
  });
  const filled = places.filter(({ pair }) => !isNothing(pair.value));
  for (const { section, pair } of filled) {
    if (isAlias(pair.value)) throw unclear(subject, `its ${section} is a YAML alias`);
    if (!isMap(pair.value)) throw noKey(`${subject} is not a valid Secret: its ${section} is not a map of fields.`);
  }
  const maps = [secret, ...filled.flatMap(({ pair }) => (isMap(pair.value) ? [pair.value] : []))];
  if (maps.some((map) => map.anchor !== undefined)) throw unclear(subject, 'its fields have a YAML anchor');
  if (maps.some((map) => pairOf(map, '<<') !== undefined)) throw unclear(subject, 'it merges another YAML map into its own');
  return {
    apiVersion: secret.get('apiVersion'),
    encrypted: secret.has('sops'),
    entries: filled.flatMap(({ section, pair }) => entriesOf(text, section, pair.value)),
    sections: filled.map(({ section }) => section),
    add(section, name, value) {
      const pair = places.find((place) => place.section === section)?.pair;
      if (pair === undefined) return addPair(text, secret, section, { name, value });
      if (isMap(pair.value) && pair.value.items.length > 0) return addPair(text, pair.value, name, value);
      return fillSection(text, secret, pair, { name, value });
    },
  };
}

function unclear(subject: string, why: string): DocumentError {
  return new DocumentError('unclear', `${subject} cannot be used: ${why}.`, [
    'Write the fields of the Secret out, without anchors, aliases and merge keys.',
  ]);
}

function pairOf(map: YAMLMap, name: string): Pair | undefined {
  return map.items.find(({ key }) => isScalar(key) && key.value === name);
}

function entriesOf(text: string, section: SectionName, map: unknown): Entry[] {
  if (!isMap(map)) return [];
  return map.items.flatMap((pair) => (isScalar(pair.key) ? [entryOf(text, section, String(pair.key.value), pair)] : []));
}

function entryOf(text: string, section: SectionName, name: string, pair: Pair): Entry {
  const node = pair.value;
  const refused = whyRefused(node);
  return {
    section,
    name,
    text: isScalar(node) && typeof node.value === 'string' ? node.value : isNothing(node) ? '' : undefined,
    ...(refused === undefined ? {} : { refused }),
    replace: (value) =>
      isScalar(node) && !isNothing(node) ? replaceScalar(text, node, value) : fillPair(text, pair, node, value),
  };
}

/** Why a field cannot be changed alone. A value with an anchor may be used in other places, which would change with it. */
function whyRefused(node: unknown): string | undefined {
  if (isAlias(node)) return 'is a YAML alias of a value elsewhere in the document';
  if (!isScalar(node)) return 'is not text';
  if (node.anchor !== undefined) return 'has a YAML anchor, so that it may be used elsewhere in the document';
  if (node.tag !== undefined && node.tag !== 'tag:yaml.org,2002:str') return 'has a YAML tag that makes something else of it';
  return undefined;
}
