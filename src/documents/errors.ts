import { UsageError } from '../errors.ts';

/**
 * What is wrong with a document, and what `--force` could do about it:
 * - `no-key`: it is empty or something else altogether (a new document in its place).
 * - `no-value`: the variable or field is there, but its value is no key (`changeDocument` gives it one).
 * - `missing`: the variable or field is not there (`addValue` adds it).
 * - `other-format`: it is a key document of another format than the one asked for (a new document in its place).
 * - `ambiguous`: it has several variables or fields, and none was asked for.
 * - `unclear`: the value cannot be told or changed for certain, since its readers differ or it comes from elsewhere.
 */
export type DocumentProblem = 'no-key' | 'no-value' | 'missing' | 'other-format' | 'ambiguous' | 'unclear';

/**
 * A document that cannot be used as it is (exit 3). The message never quotes the document but names of variables and fields.
 * Its hints do not mention `--force`: only the caller knows whether it has that flag.
 */
export class DocumentError extends UsageError {
  readonly problem: DocumentProblem;

  constructor(problem: DocumentProblem, message: string, hints: readonly string[]) {
    super(message, { hints });
    this.problem = problem;
  }
}

/** The hint for what is no key document. */
export const WHAT_IS_A_KEY_DOCUMENT =
  'A key document is a file with the key alone, a file of NAME=value lines (dotenv), or the manifest of a Kubernetes Secret.';

/** @param why a whole sentence. */
export function noKey(why: string): DocumentError {
  return new DocumentError('no-key', why, [WHAT_IS_A_KEY_DOCUMENT]);
}
