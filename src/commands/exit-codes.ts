import { ExitCode } from '../errors.ts';

/** How a command can end while it waits for something. */
export const interruptExitCodes = [ExitCode.sighup, ExitCode.sigint, ExitCode.sigterm] as const;

/** The exit codes of every verb that sends a request. */
export const requestExitCodes = [
  ExitCode.config,
  ExitCode.server,
  ExitCode.usage,
  ExitCode.connection,
  ExitCode.file,
  ExitCode.delivery,
  ExitCode.notFound,
  ExitCode.unsupported,
] as const;

/** The exit codes of the verbs that only read the config file. */
export const fileExitCodes = [ExitCode.config, ExitCode.usage, ExitCode.delivery] as const;

/** The exit codes of the verbs that change the config file: they name a context, and may have to wait for another sts. */
export const changeExitCodes = [...fileExitCodes, ExitCode.notFound, ...interruptExitCodes] as const;
