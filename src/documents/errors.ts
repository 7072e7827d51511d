import { UsageError } from '../errors.ts';

/**
 * What is wrong with a document:
 * - `no-key`: it holds no key, or is something else altogether.
 * - `missing`: it has variables or fields, but not the one asked for.
 * - `ambiguous`: it has several, and none was asked for.
 * - `other-format`: it is a key document of another format than the one asked for.
 * - `unclear`: the value cannot be told or changed for certain, since its readers differ or it comes from elsewhere.
 */
export type DocumentProblem = 'no-key' | 'missing' | 'ambiguous' | 'other-format' | 'unclear';

/**
 * A document that cannot be used as it is (exit 3). The message never quotes the document but names of variables and fields.
 * `problem` lets a caller decide what `--force` may do about it.
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
