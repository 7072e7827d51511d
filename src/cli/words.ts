import type { Command, Option } from 'commander';

/** One piece of a command line, read with the program's own flags. */
export interface Token {
  /** What it is once it is clear: `--name=VALUE` for every way to give a value, `--verbose` for `-v`; a word as it stands. */
  readonly text: string;
  readonly isFlag: boolean;
  /** The flag it is; undefined for a word, and for a flag that no command has. */
  readonly option?: Option;
  readonly value?: string;
}

/** Help is asked for about a word that is no command. */
export class UnknownTopicError extends Error {
  constructor(
    readonly word: string,
    /** The command it stands behind. */
    readonly command: Command,
  ) {
    super('unknown help topic');
  }
}

/**
 * Puts the command words first and every flag after them, so that flags may stand before or after the verb, and joins each
 * flag with its value, so that a value is never taken for a flag whatever it looks like.
 * `sts help create` becomes `sts create --help`.
 * @param program the whole command tree: it says which flags take a value.
 * @param argv arguments without the interpreter and the script.
 * @throws UnknownTopicError when help is asked for about something that is no command.
 */
export function normalizeArgv(program: Command, argv: readonly string[]): string[] {
  const words: string[] = [];
  const rest: string[] = [];
  let current: Command | undefined = program;
  let help = false;
  let literal = false;
  for (const { text, isFlag } of readTokens(program, argv)) {
    if (isFlag || text === '--') {
      literal ||= text === '--';
      rest.push(text);
      continue;
    }
    if (text === 'help' && !literal && current !== undefined && current.commands.length > 0) {
      help = true;
      continue;
    }
    const child: Command | undefined = literal ? undefined : current?.commands.find((command) => command.name() === text);
    if (child !== undefined) {
      current = child;
      words.push(text);
      continue;
    }
    // Its own command would miss flags before it saw a word too many, and nobody called it.
    if (help && current !== undefined) throw new UnknownTopicError(text, current);
    // A word no command bears: commander refuses it in its place.
    current = undefined;
    rest.push(text);
  }
  // Before the flags: behind one that lacks its value it would be taken for that.
  return [...words, ...(help ? ['--help'] : []), ...rest];
}

/** Reads a command line as pflag does, which the Go CLI is built with: `-n x`, `-nx`, `-n=x`, `-vn x`, `--name x`, `--name=x`, `--skip-ssl=true`. */
export function readTokens(program: Command, argv: readonly string[]): Token[] {
  const options = collectOptions(program);
  const tokens: Token[] = [];
  const flag = (option: Option, value: string | undefined) => {
    const name = option.long ?? option.flags;
    if (value === undefined) tokens.push({ text: name, isFlag: true, option });
    else tokens.push({ text: `${name}=${value}`, isFlag: true, option, value });
  };
  for (let index = 0; index < argv.length; index++) {
    const token = argv[index] ?? '';
    if (token === '--') {
      tokens.push(...argv.slice(index).map((text) => ({ text, isFlag: false })));
      break;
    }
    if (!token.startsWith('-') || token === '-') {
      tokens.push({ text: token, isFlag: false });
    } else if (token.startsWith('--')) {
      const [name = '', inline] = splitOnce(token);
      const option = options.get(name);
      if (option === undefined) tokens.push({ text: token, isFlag: true });
      else if (option.required) flag(option, inline ?? argv[++index]);
      else if (inline === undefined || isTrue(inline)) flag(option, undefined);
      else if (!isFalse(inline)) flag(option, inline);
    } else {
      for (let at = 1; at < token.length; at++) {
        const option = options.get(`-${token[at]}`);
        if (option === undefined) {
          tokens.push({ text: `-${token.slice(at)}`, isFlag: true });
          break;
        }
        if (!option.required) {
          flag(option, undefined);
          continue;
        }
        const attached = token.slice(at + 1);
        flag(option, attached === '' ? argv[++index] : attached.replace(/^=/, ''));
        break;
      }
    }
  }
  return tokens;
}

/** How a command line wants to be answered, also one that is refused: its error is shown in the form asked for. The last word counts. */
export function shownAs(program: Command, argv: readonly string[]): { output: 'text' | 'json'; color: boolean } {
  const tokens = readTokens(program, argv);
  const json = tokens.findLast(({ option }) => option?.long === '--output')?.value === 'json';
  return { output: json ? 'json' : 'text', color: !tokens.some(({ option }) => option?.long === '--no-color') };
}

function collectOptions(command: Command, found = new Map<string, Option>()): Map<string, Option> {
  for (const option of [...command.options, command.createOption('-h, --help')]) {
    if (option.long !== undefined) found.set(option.long, option);
    if (option.short !== undefined) found.set(option.short, option);
  }
  for (const child of command.commands) collectOptions(child, found);
  return found;
}

function splitOnce(token: string): [string, string?] {
  const at = token.indexOf('=');
  return at < 0 ? [token] : [token.slice(0, at), token.slice(at + 1)];
}

function isTrue(value: string): boolean {
  return value === '1' || /^t(rue)?$/i.test(value);
}

function isFalse(value: string): boolean {
  return value === '0' || /^f(alse)?$/i.test(value);
}
