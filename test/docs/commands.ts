import { readCall } from '../../src/cli/program.ts';
import { refusalOf } from '../../src/cli/refusals.ts';
import { asksFor, faultOf, readLine } from '../../src/cli/words.ts';
import type { Program } from '../../src/commands/verb.ts';
import { blocksOf, proseOf } from './pages.ts';

/** A command of ours up to what ends it in a shell: `;`, `|`, `&`, a redirection, `)` or a comment. Quoted parts may hold these. */
const command = /\bsts(?= (?:-|[a-z]))(?:"[^"]*"|'[^']*'|\\\n|[^\n;|&<>)"'#])+/g;

/** Every command line of ours in the shell blocks of a page; in a block `console` those behind a prompt. */
export function commandsIn(text: string): string[] {
  return blocksOf(text).flatMap(({ language, text: block }) => {
    if (language === 'console') return found(block.replaceAll(/^(?!\$ ).*$/gm, ''));
    return ['sh', 'bash', 'yaml', 'ini'].includes(language) ? found(block.replaceAll(/^\s*#.*$/gm, '')) : [];
  });
}

/** Every whole command in the sentences and tables of a page: one with an ellipsis or a choice is none. */
export function inlineCommandsIn(text: string): string[] {
  const codes = [...proseOf(text).matchAll(/`(sts [^`]+)`/g)].map(([, code = '']) => code);
  return codes.filter((code) => !/\.\.\.|[|[]/.test(code)).flatMap(found);
}

function found(script: string): string[] {
  return (script.match(command) ?? []).map((text) => text.replaceAll(/\\\n\s*/g, ' ').trim());
}

/**
 * Reads a command line as the program does.
 * @param isWhole false: it may lack flags, as the name of a command in a sentence does.
 * @throws UsageError for what it refuses.
 */
export function understand(program: Program, text: string, isWhole = true): void {
  // A variable in the place of an id is a number when the script runs.
  const words = wordsOf(text).map((word, index, all) => (all[index - 1] === '--id' && word.startsWith('$') ? '1' : word));
  const line = readLine(program, words.slice(1));
  if (faultOf(line) !== undefined) throw refusalOf(line);
  if (!isWhole || line.verb === undefined || asksFor('help', line)) return;
  const { options } = readCall(line);
  line.verb?.check?.(options);
}

/** The words that a shell makes of a simple command; variables stay as they are written. */
export function wordsOf(text: string): string[] {
  return [...text.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word.replaceAll(/["']/g, ''));
}
