import type { StackStateApi } from '../api/model.ts';
import type { GlobalOptions, Settings } from '../config/model.ts';
import { createPrinter, type Printer } from '../output/printer.ts';
import type { InputStream, World } from '../platform/world.ts';
import { version } from '../version.ts';

/** What a verb works with. Each part is made when first asked for, so that `--help` needs no token, no config and no HTTP. */
export interface Session {
  readonly runtime: World;
  readonly globals: GlobalOptions;
  readonly printer: Printer;
  /** Path of the config file: `--config`, else the user's. */
  configPath(): Promise<string>;
  settings(): Promise<Settings>;
  api(): Promise<StackStateApi>;
  /** A token given as `-`: asked for without echo on a terminal, else all of stdin. @throws RangeError when that is no token by far. */
  readSecret(): Promise<string>;
  /** A client for other settings than the resolved ones, closed with the rest. */
  apiFor(settings: Settings): Promise<StackStateApi>;
  /** Shows on a terminal that something is being waited for. */
  waiting<T>(label: string, work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** @param world what the verb may touch; its questions are asked once all that was said before is on the screen. */
export function createSession(world: World, globals: GlobalOptions): Session {
  const printer = createPrinter({
    stdout: world.stdout,
    stderr: world.stderr,
    output: globals.output,
    color: globals.color,
    env: world.env,
    verbose: globals.verbose,
  });
  const runtime = globals.output === 'json' ? sayingBeforeAsking(world, printer) : world;
  const clients: StackStateApi[] = [];
  const verbose = (line: string) => void printer.verbose(1, line);
  const session: Session = {
    runtime,
    globals,
    printer,
    async configPath() {
      if (globals.config !== undefined) return runtime.resolvePath(globals.config);
      const { defaultConfigPath } = await import('../config/file.ts');
      return defaultConfigPath(runtime.env, runtime.home);
    },
    settings: once(async () => {
      const { resolveSettings } = await import('../config/settings.ts');
      const settings = await resolveSettings({
        globals,
        env: runtime.env,
        home: runtime.home,
        resolvePath: runtime.resolvePath,
        readStdin: session.readSecret,
        warn: (line) => void printer.warn(line),
      });
      for (const { setting, source, value } of settings.sources) {
        verbose(`${setting}${value === undefined ? '' : `=${value}`} from ${source}`);
      }
      return settings;
    }),
    api: once(async () => session.apiFor(await session.settings())),
    readSecret: () => readSecret(runtime),
    async apiFor(settings) {
      if (settings.skipSsl) {
        await printer.warn(
          `The certificate of ${settings.url} is not verified (--skip-ssl): the token can be read by anyone in between.`,
        );
      }
      const { createApi } = await import('../api/client.ts');
      const api = createApi({ settings, env: runtime.env, version, log: verbose, now: runtime.now, sleep: runtime.sleep });
      clients.push(api);
      return api;
    },
    async waiting(label, work) {
      const enabled = printer.animate && globals.verbose === 0;
      if (!enabled) return work();
      const { withSpinner } = await import('../output/spinner.ts');
      return withSpinner(runtime.stderr, enabled, label, work);
    },
    async close() {
      await Promise.allSettled(clients.map((api) => api.close()));
    },
  };
  return session;
}

/** Under JSON the printer holds back what is said by the way; nobody can answer without having seen it. */
function sayingBeforeAsking(runtime: World, printer: Printer): World {
  const { stdin } = runtime;
  const asking: InputStream = {
    get isTTY() {
      return stdin.isTTY;
    },
    readAll: (limit) => stdin.readAll(limit),
    async ask(question, options) {
      await printer.flush();
      return stdin.ask(question, options);
    },
  };
  const { env, home, resolvePath, stdout, stderr, now, monotonic, sleep, disk, processes } = runtime;
  return {
    env,
    home,
    resolvePath,
    stdin: asking,
    stdout,
    stderr,
    now,
    monotonic,
    sleep,
    disk,
    processes,
    // Not looked at before somebody needs it: from then on signals are the program's to handle.
    get interrupt() {
      return runtime.interrupt;
    },
  };
}

/** See `Session.readSecret`. */
async function readSecret(runtime: World): Promise<string> {
  return runtime.stdin.isTTY ? runtime.stdin.ask('Token: ', { hidden: true }) : runtime.stdin.readAll(1024 * 1024);
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
