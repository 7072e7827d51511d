import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseAst } from 'rolldown/parseAst';

/** One place where a module names another one. */
export interface Import {
  /** As it is written; undefined where it is put together at run time. */
  readonly specifier: string | undefined;
  /** Gone once the types are: it loads nothing. */
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
 * Every import of a TypeScript module, static or dynamic, by `require` or of a type, in the order of the text. Read from the syntax
 * tree: a comment or a string that looks like an import is none, and none is missed for its quotes or line breaks.
 */
export function importsOf(text: string): Import[] {
  const imports: Import[] = [];
  forEachNode(parseAst(text, { lang: 'ts' }), (node) => {
    const type = String(node['type']);
    if (statements.has(type)) {
      const source = type === 'TSImportEqualsDeclaration' ? member(node['moduleReference'], 'expression') : node['source'];
      // `import { type A }` loads the module all the same: with `verbatimModuleSyntax` only a whole statement is taken away.
      const typeOnly = type === 'TSImportType' || node['importKind'] === 'type' || node['exportKind'] === 'type';
      // An export of what stands in the module itself has no source.
      if (isNode(source)) imports.push({ specifier: textOf(source), typeOnly });
    } else if (type === 'CallExpression' && resolves(node['callee'])) {
      const [first] = node['arguments'] as readonly unknown[];
      imports.push({ specifier: textOf(first), typeOnly: false });
    }
  });
  return imports;
}

/** What of `process` a module uses: `process.env`, or `process` alone where it is handed on, taken apart or imported. */
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

/** The TypeScript modules below a folder, as sorted paths that begin with it; declarations, which load nothing, are left out. */
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

/** The text of a string, or of a template without anything in it. */
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
