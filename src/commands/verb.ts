import type { StackStateApi } from '../api/model.ts';
import type { GlobalOptions, Settings } from '../config/model.ts';
import type { ExitCode, StsError } from '../errors.ts';
import type { JsonValue } from '../json.ts';
import type { World } from '../platform/world.ts';

/** One flag of a verb. */
export interface Flag<T> {
  /** Without the dashes: `key-file`. */
  readonly long: string;
  /** One letter. */
  readonly short?: string;
  /** What stands for its value in the help: `path`. A flag without one is a boolean. */
  readonly value?: string;
  /**
   * Reads the value; default: the text itself.
   * @throws UsageError
   */
  readonly parse?: (text: string) => T extends readonly (infer Item)[] ? Item | readonly Item[] : T;
  /** May be given several times; the values become an array. A flag that is not may be given once. */
  readonly repeatable?: boolean;
  readonly required?: boolean;
  /** Another spelling that is taken and not shown. */
  readonly alias?: string;
  readonly help: string;
  /** What completion offers for the value. */
  readonly complete?: readonly string[] | 'file' | 'folder' | 'context';
}

/** Every option a verb's `run` takes has its flag: the compiler finds a forgotten one. */
export type Flags<Options> = { readonly [Name in keyof Options]-?: Flag<Exclude<Options[Name], undefined>> };

/** What a verb is: all that its help, its completion, the parser and the docs need, and how it runs. */
export interface Verb<Options extends object = object> {
  readonly name: string;
  /** Other words that are taken for it and not shown. */
  readonly aliases?: readonly string[];
  /** One line for the list of commands. */
  readonly summary: string;
  /** Default: the summary. */
  readonly description?: string;
  readonly flags: Flags<Options>;
  /** Comment lines and commands, two spaces in front of each. */
  readonly examples: string;
  /** Beside 0 and 3, which every verb can end in, and those of signals, which every verb that sends a request can end in. */
  readonly exitCodes: readonly ExitCode[];
  /** Whether `-o prometheus` means something for it. */
  readonly prometheus?: boolean;
  /** Refuses options that do not go together, before anything is loaded. @throws UsageError */
  readonly check?: (options: Options) => void;
  run(options: Options, session: Session): Promise<Outcome>;
}

/** A noun of the command line and its verbs. */
export interface Noun {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly examples?: string;
  readonly verbs: readonly Verb[];
}

/** The whole program: what stands in the place of a noun is a verb of its own here. */
export interface Program extends Noun {
  readonly nouns: readonly Noun[];
}

/** Forgets the type of a verb's options, so that verbs stand in one list; the parser makes the options by its flags. */
export function verb<Options extends object>(definition: Verb<Options>): Verb {
  // A method is bivariant in its parameters: what the parser hands over was made by these very flags.
  return definition as Verb<object>;
}

/** The flags of a verb, each with the name of the option that it sets. */
export function flagEntries({ flags }: Verb): [string, Flag<unknown>][] {
  return Object.entries(flags as Readonly<Record<string, Flag<unknown>>>);
}

/** What a verb gives back; `main` shows it. */
export interface Outcome {
  /** The members of the JSON document on stdout. */
  readonly data: Members | Rows;
  /** What stands on stdout in text form: whole lines, safe to show (`visible`). */
  text(view: View): Text | Promise<Text>;
  /** The values alone for `--quiet`, one a line; default none. */
  readonly values?: Iterable<string>;
  /** Sentences for stderr. */
  readonly warnings?: readonly string[];
  /** Sentences for stderr that say what went well; shown on a terminal only. */
  readonly notes?: readonly string[];
  /** What failed beside what was done; shown after the result, and the exit code is the first one's. */
  readonly failures?: readonly StsError[];
  readonly exitCode?: ExitCode;
  /** What was done, in a sentence or two: said with the error when the result cannot be written. */
  readonly done?: string;
}

export type Members = Readonly<Record<string, JsonValue>>;
export type Text = string | Iterable<string>;

/** A long list, written while it is made. */
export interface Rows {
  /** The one member of the document. */
  readonly name: string;
  readonly rows: Iterable<JsonValue>;
}

/** How text is to look. */
export interface View {
  readonly color: boolean;
  /** Columns of the terminal; undefined off a terminal. */
  readonly width: number | undefined;
  readonly wide: boolean;
  /** Whether a listing is to be written for Prometheus. */
  readonly prometheus: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The line, newline included, that says that something was done. */
  success(message: string): string;
}

/** What a verb works with. Each part is made when first asked for, so that `--help` needs no token, no config and no HTTP. */
export interface Session {
  readonly world: World;
  readonly globals: GlobalOptions;
  readonly progress: Progress;
  readonly stdout: EarlyOutput;
  /** Path of the config file: `--config`, else the user's. */
  configPath(): Promise<string>;
  settings(): Promise<Settings>;
  api(): Promise<StackStateApi>;
  /** A client for other settings than the resolved ones, closed with the rest. */
  apiFor(settings: Settings): Promise<StackStateApi>;
  /**
   * A session of its own for one of many things to be done: with its own client, since a client sends one request at a time, and for
   * another context of the config file with its settings.
   * @param context undefined for the settings of this session.
   * @returns to be closed when that is done, so that no connection outlives its use; at the latest it is closed with this one.
   */
  fork(context: string | undefined): OpenSession;
  /** A token given as `-`: asked for without echo on a terminal, else all of stdin. @throws RangeError when that is no token by far. */
  readSecret(question?: string): Promise<string>;
}

/** A session that has to be closed. */
export interface OpenSession extends Session {
  /** Ends its connections. Never rejects. */
  close(): Promise<void>;
}

/** What is said while a verb runs, all of it on stderr (output/printer.ts says when). If stderr is closed, nothing here rejects. */
export interface Progress {
  /** Whether somebody sits before stderr. */
  readonly isTerminal: boolean;
  /** What lines on stderr begin with that say how something went: `✅`, or `[SUCCESS]`. */
  readonly marks: { readonly success: string; readonly warning: string; readonly error: string };
  /** One sentence for whoever sits before a terminal, at once, whatever the form. Elsewhere it is said only if the command fails. */
  note(sentence: string): Promise<void>;
  /** Something is wrong: said at once, and off a terminal under JSON within the error's document, else as a line at the end. */
  warn(sentence: string): Promise<void>;
  /** A line with `-v`. */
  verbose(line: string): void;
  /** Shows on a terminal that something is being waited for. */
  waiting<T>(label: string, work: () => Promise<T>): Promise<T>;
  /**
   * A line that is written over by the next one; '' takes it away. On a terminal only.
   * @returns false where it is not shown.
   */
  status(line: string): Promise<boolean>;
  /**
   * Shows things that are done at the same time, one line each, at the bottom of a terminal.
   * @returns to be closed when all is done; undefined where nothing is animated.
   */
  board(): Promise<Board | undefined>;
  /** Text as it comes from another program, control characters escaped. */
  passOn(text: string): Promise<void>;
  /**
   * Asks for consent on the terminal.
   * @returns whether the answer was yes.
   * @throws UsageError with these hints where nobody can be asked.
   */
  confirm(question: string, hints: readonly string[]): Promise<boolean>;
}

/** What is in work, a line each at the bottom of a terminal, and below them one that counts. Texts may be hostile: they are escaped. */
export interface Board {
  /** A line for something that begins. */
  begin(title: string): BoardRow;
  /** The last line. */
  summary(text: string): void;
  /** Whole lines to stand above the board for good. */
  tell(text: string): void;
  close(): Promise<void>;
}

export interface BoardRow {
  /** What is being done now. */
  state(text: string): void;
  /** Takes the line away. */
  end(): void;
}

/** The result's first part, for what must be out before the verb goes on: a secret that is shown once. */
export interface EarlyOutput {
  /** @throws DeliveryError when stdout is closed, or the null device: nobody could read it. */
  prove(): void;
  /**
   * Writes members of the result's document, or their text, now; what `Outcome` holds of them is not written again.
   * @throws DeliveryError when it was not taken.
   */
  show(part: { readonly data: Members; readonly text: (view: View) => string; readonly value: string }): Promise<void>;
  /** Writes a document that is all of stdout, whatever form is asked for; the result then goes to stderr, as text. */
  showAlone(document: string): Promise<void>;
}
