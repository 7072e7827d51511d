import { ExitCode, type StsError } from '../../errors.ts';

/** From the gravest: what may have lost something, then what failed, then what only found something. */
const order: readonly ExitCode[] = [
  ExitCode.unknownOutcome,
  ExitCode.delivery,
  ExitCode.notTakenOver,
  ExitCode.server,
  ExitCode.connection,
  ExitCode.unsupported,
  ExitCode.notFound,
  ExitCode.file,
  ExitCode.config,
  ExitCode.usage,
  ExitCode.finding,
];

/** Failures of many things at once, the gravest first: its exit code is that of the whole. Equals keep their order. */
export function gravestFirst(failures: readonly StsError[]): readonly StsError[] {
  const place = ({ exitCode }: StsError) => {
    const found = order.indexOf(exitCode);
    // An interrupt tells more about the end of the program than any failure.
    return found < 0 ? -1 : found;
  };
  return failures.toSorted((a, b) => place(a) - place(b));
}
