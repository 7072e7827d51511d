import { UsageError } from '../errors.ts';

/**
 * What is wrong with a document, and how `--force` can solve it:
 * - `no-key`: it is empty, or not a key document at all (a new document replaces it).
 * - `no-value`: the variable or field exists, but its value is not a key (`changeDocument` replaces the value).
 * - `missing`: the variable or field does not exist (`addValue` adds it).
 * - `other-format`: it is a key document, but has another format than the flags name (a new document replaces it).
 * - `ambiguous`: it has several variables or fields, and none was asked for.
 * - `unclear`: the value cannot be read or changed reliably, because programs read it differently or it comes from elsewhere.
 */
export type DocumentProblem = 'no-key' | 'no-value' | 'missing' | 'other-format' | 'ambiguous' | 'unclear';

/**
 * A document that cannot be used as it is (exit 3). The message quotes nothing of the document but names of variables and fields. The hints
 * do not mention `--force`, because only the caller knows whether its command has that flag.
 */
export class DocumentError extends UsageError {
  readonly problem: DocumentProblem;

  constructor(problem: DocumentProblem, message: string, hints: readonly string[]) {
    super(message, { hints });
    this.problem = problem;
  }
}

/** The hint for a text that is not a key document. */
export const WHAT_IS_A_KEY_DOCUMENT =
  'A key document is a file with the key alone, a file of NAME=value lines (dotenv), or the manifest of a Kubernetes Secret.';

/** @param why a whole sentence. */
export function noKey(why: string): DocumentError {
  return new DocumentError('no-key', why, [WHAT_IS_A_KEY_DOCUMENT]);
}
