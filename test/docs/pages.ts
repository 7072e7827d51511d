import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** The top of the repository, where tests and scripts run. */
export const root = resolve('.');

/** A page of the docs. */
export interface Page {
  /** From the top of the repository: `docs/commands.md`. */
  readonly path: string;
  readonly text: string;
}

/** Every page that a reader of the repository may open: those at its top, and all below `docs`. */
export function pages(): readonly Page[] {
  const top = readdirSync(root).filter((name) => name.endsWith('.md'));
  const below = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name));
  return [...top, ...below].sort().map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

/** The blocks between fences, each with the word behind the opening one. */
export function blocksOf(text: string): readonly { readonly language: string; readonly text: string }[] {
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = '', block = '']) => ({ language, text: block }));
}

/** The text without its blocks: what stands in them are no links and no code of a line. */
export function proseOf(text: string): string {
  return text.replaceAll(/^```\w*\n.*?^```$/gms, '');
}

/** The links of a page that lead to a file of the repository or a heading. */
export function linksOf({ text }: Page): readonly string[] {
  const targets = [...proseOf(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** Whether a link of a page leads somewhere: the file is there, and the heading in it. */
export function leads(page: Page, link: string): boolean {
  const [file = '', heading] = link.split('#');
  const path = file === '' ? page.path : join(dirname(page.path), file);
  if (!existsSync(join(root, path))) return false;
  return heading === undefined || anchorsOf(readFileSync(join(root, path), 'utf8')).includes(heading);
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(text: string): readonly string[] {
  return [...proseOf(text).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-'),
  );
}
