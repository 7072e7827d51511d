import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseAst } from 'rolldown/parseAst';

/** One import of a module. */
export interface Import {
  /** The specifier as it is written; undefined if it is computed at run time. */
  readonly specifier: string | undefined;
  /** Whether it imports only types, and so loads nothing at run time. */
  readonly typeOnly: boolean;
}

type Node = Readonly<Record<string, unknown>>;

const statements = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
  'TSImportEqualsDeclaration',
]);

/**
 * Finds every import of a TypeScript module: static, dynamic, with `require`, or of a type, in the order of the text. It reads the syntax
 * tree, so comments and strings that look like imports do not count, and quotes and line breaks do not matter.
 */
export function importsOf(text: string): Import[] {
  const imports: Import[] = [];
  forEachNode(parseAst(text, { lang: 'ts' }), (node) => {
    const type = String(node['type']);
    if (statements.has(type)) {
      const source = type === 'TSImportEqualsDeclaration' ? member(node['moduleReference'], 'expression') : node['source'];
      // `import { type A }` still loads the module: with `verbatimModuleSyntax` only a whole type import is removed.
      const typeOnly = type === 'TSImportType' || node['importKind'] === 'type' || node['exportKind'] === 'type';
      // An export of the module's own declarations has no source.
      if (isNode(source)) imports.push({ specifier: textOf(source), typeOnly });
    } else if (type === 'CallExpression' && resolves(node['callee'])) {
      const [first] = node['arguments'] as readonly unknown[];
      imports.push({ specifier: textOf(first), typeOnly: false });
    }
  });
  return imports;
}

/**
 * The parts of `process` that a module uses, such as `process.env`. It is `process` alone if the object is passed on, destructured or
 * imported.
 */
export function processUses(text: string): string[] {
  const uses: string[] = [];
  forEachNode(parseAst(text, { lang: 'ts' }), (node, parent) => {
    if (node['type'] === 'Literal' && /^(?:node:)?process$/.test(String(node['value']))) uses.push('process');
    if (node['type'] !== 'Identifier' || node['name'] !== 'process') return;
    const whole = parent?.['type'] === 'MemberExpression' && parent['object'] === node;
    const property = whole ? (member(parent['property'], 'name') ?? member(parent['property'], 'value')) : undefined;
    uses.push(typeof property === 'string' ? `process.${property}` : 'process');
  });
  return uses;
}

/** The sorted paths of the TypeScript modules in a folder and its subfolders. Declaration files are left out, because they load nothing. */
export function modulesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => join(folder, name))
    .sort();
}

/** Whether a call's function is `require`, `require.resolve` or `import.meta.resolve`, whose first argument names a module. */
function resolves(callee: unknown): boolean {
  if (member(callee, 'name') === 'require') return true;
  const object = member(callee, 'object');
  const ofModules = member(object, 'name') === 'require' || member(object, 'type') === 'MetaProperty';
  return ofModules && member(member(callee, 'property'), 'name') === 'resolve';
}

/** The text of a string, or of a template without expressions. */
function textOf(node: unknown): string | undefined {
  const [quasi, ...more] = [member(node, 'quasis')].flat();
  const value = quasi !== undefined && more.length === 0 ? member(member(quasi, 'value'), 'cooked') : member(node, 'value');
  return typeof value === 'string' ? value : undefined;
}

function forEachNode(value: unknown, see: (node: Node, parent: Node | undefined) => void, parent?: Node): void {
  if (Array.isArray(value)) for (const item of value) forEachNode(item, see, parent);
  else if (isNode(value)) {
    see(value, parent);
    for (const child of Object.values(value)) forEachNode(child, see, value);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Node)[name] : undefined;
}
