import { type Document, isAlias, isMap, isScalar, type Pair, parseAllDocuments, type YAMLMap } from 'yaml';
import { DocumentError, noKey } from './errors.ts';
import { type Entry, type Manifest, SECTIONS, type SectionName } from './manifest.ts';
import { addPair, fillPair, fillSection, isNothing, replaceScalar } from './yaml-edit.ts';

// Loaded only for a text that is YAML: the parser is the heaviest part of this folder.

/**
 * Finds the Secret in a text of one or more YAML documents, and its fields.
 * @param subject the text, at the beginning of a sentence.
 * @throws DocumentError when there is none, or more than one, or the YAML is broken. The parser's messages quote the line they are
 * about, and that line may be the key: they are not shown.
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
  return manifestOf(text, secret);
}

function parseDocuments(text: string, subject: string): readonly Document[] {
  const broken = noKey(`${subject} looks like a Kubernetes Secret, but it is not valid YAML.`);
  let documents: readonly Document[];
  try {
    const parsed = parseAllDocuments(text, { keepSourceTokens: true, logLevel: 'silent' });
    documents = 'empty' in parsed ? [] : parsed;
  } catch {
    // Nested too deeply for the parser.
    throw broken;
  }
  if (documents.some(({ errors }) => errors.length > 0)) throw broken;
  return documents;
}

function manifestOf(text: string, secret: YAMLMap): Manifest {
  const places = SECTIONS.flatMap((section) => {
    const pair = pairOf(secret, section);
    return pair === undefined ? [] : [{ section, pair }];
  });
  const filled = places.filter(({ pair }) => !isNothing(pair.value));
  return {
    apiVersion: secret.get('apiVersion'),
    encrypted: secret.has('sops'),
    entries: filled.flatMap(({ section, pair }) => entriesOf(text, section, secret, pair.value)),
    sections: filled.map(({ section }) => section),
    add(section, name, value) {
      const pair = places.find((place) => place.section === section)?.pair;
      if (pair === undefined) return addPair(text, secret, section, { name, value });
      if (isMap(pair.value) && pair.value.items.length > 0) return addPair(text, pair.value, name, value);
      return fillSection(text, secret, pair, { name, value });
    },
  };
}

function pairOf(map: YAMLMap, name: string): Pair | undefined {
  return map.items.find(({ key }) => isScalar(key) && key.value === name);
}

function entriesOf(text: string, section: SectionName, secret: YAMLMap, node: unknown): Entry[] {
  // An alias or something else than a map: no field can be told.
  if (!isMap(node)) return [];
  const shared = [secret, node].some(({ anchor }) => anchor !== undefined);
  return node.items.flatMap((pair): Entry[] => {
    const name = isScalar(pair.key) ? String(pair.key.value) : undefined;
    return name === undefined ? [] : [entryOf(text, section, shared, { name, pair })];
  });
}

interface NamedPair {
  readonly name: string;
  readonly pair: Pair;
}

function entryOf(text: string, section: SectionName, shared: boolean, { name, pair }: NamedPair): Entry {
  const node = pair.value;
  const refused = whyRefused(node, shared);
  return {
    section,
    name,
    text: isScalar(node) && typeof node.value === 'string' ? node.value : isNothing(node) ? '' : undefined,
    ...(refused === undefined ? {} : { refused }),
    replace: (value) =>
      isScalar(node) && !isNothing(node) ? replaceScalar(text, node, value) : fillPair(text, pair, node, value),
  };
}

/** What an anchor names may stand in other places too, and would change with it. */
function whyRefused(node: unknown, shared: boolean): string | undefined {
  if (isAlias(node)) return 'is a YAML alias of a value elsewhere in the document';
  if (!isScalar(node)) return 'is not a text';
  if (shared || node.anchor !== undefined) return 'has a YAML anchor, so that it may be used elsewhere in the document';
  if (node.tag !== undefined && node.tag !== 'tag:yaml.org,2002:str') return 'has a YAML tag that makes something else of it';
  return undefined;
}
