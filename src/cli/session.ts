import type { TrustStores } from '../api/client.ts';
import type { StackStateApi } from '../api/model.ts';
import { saySources } from '../commands/sources.ts';
import type { EarlyOutput, OpenSession, Session } from '../commands/verb.ts';
import type { GlobalOptions, Settings } from '../config/model.ts';
import { SERVER_MEMBERS, SETTINGS } from '../config/table.ts';
import type { Printer } from '../output/printer.ts';
import type { World } from '../platform/world.ts';
import { version } from '../version.ts';
import { createProgress } from './progress.ts';

/** What a session and those made of it share. */
interface Shared {
  readonly printer: Printer;
  readonly stdout: EarlyOutput;
  /** URLs that were warned about: a plan asks a server many times, and one warning says it. */
  readonly unverified: Set<string>;
  /** The CA certificates that the clients have read; made with the first client. */
  trustStores: TrustStores | undefined;
}

export function createSession(world: World, globals: GlobalOptions, printer: Printer, stdout: EarlyOutput): OpenSession {
  return sessionOf(world, globals, { printer, stdout, unverified: new Set(), trustStores: undefined });
}

function sessionOf(world: World, globals: GlobalOptions, shared: Shared, known?: Session['settings']): OpenSession {
  const { printer, stdout, unverified } = shared;
  const clients: StackStateApi[] = [];
  const others = new Set<OpenSession>();
  const progress = createProgress(world, printer, globals.verbose === 0);
  const session: OpenSession = {
    world,
    globals,
    progress,
    stdout,
    async configPath() {
      if (globals.config !== undefined) return world.resolvePath(globals.config);
      const { defaultConfigPath } = await import('../config/file.ts');
      return defaultConfigPath(world.env, world.home);
    },
    settings: known ?? once(() => settingsOf(session)),
    api: once(async () => session.apiFor(await session.settings())),
    async apiFor(settings) {
      if (settings.skipSsl && !unverified.has(settings.url)) {
        unverified.add(settings.url);
        await printer.warn(
          `The certificate of ${settings.url} is not verified (--skip-ssl): the token can be read by anyone in between.`,
        );
      }
      const { createApi, TrustStores } = await import('../api/client.ts');
      shared.trustStores ??= new TrustStores();
      const { trustStores } = shared;
      const { env, now, monotonic, sleep } = world;
      const warn = (line: string) => void printer.warn(line);
      const api = createApi({ settings, env, version, log: progress.verbose, warn, now, monotonic, sleep, trustStores });
      clients.push(api);
      return api;
    },
    fork(context) {
      const inner =
        context === undefined
          ? sessionOf(world, globals, shared, session.settings)
          : sessionOf(withoutServer(world), { ...elsewhere(globals), context }, shared);
      const other: OpenSession = {
        ...inner,
        async close() {
          others.delete(other);
          await inner.close();
        },
      };
      others.add(other);
      return other;
    },
    async readSecret(question = 'Token: ') {
      if (!world.stdin.isTTY) return world.stdin.readAll(1024 * 1024);
      await printer.sayHeld();
      return world.stdin.ask(question, { hidden: true });
    },
    async close() {
      await Promise.allSettled([...clients, ...others].map((open) => open.close()));
    },
  };
  return session;
}

async function settingsOf({ world, globals, progress, readSecret }: Session): Promise<Settings> {
  const { resolveSettings } = await import('../config/settings.ts');
  const settings = await resolveSettings({
    globals,
    env: world.env,
    home: world.home,
    disk: () => world.disk(),
    resolvePath: world.resolvePath,
    readStdin: readSecret,
    warn: (line) => void progress.warn(line),
  });
  saySources(progress, settings);
  return settings;
}

/** The flags without those that name one server: they are for the one context that the command line is about. */
function elsewhere(globals: GlobalOptions): GlobalOptions {
  const names: ReadonlySet<string> = new Set(SERVER_MEMBERS);
  return Object.fromEntries(Object.entries(globals).filter(([name]) => !names.has(name))) as typeof globals;
}

/** The world without the variables that name one server. */
function withoutServer(world: World): World {
  const env = Object.fromEntries(Object.entries(world.env).filter(([name]) => !serverVariables.has(name)));
  return Object.create(world, { env: { value: env } });
}

const serverVariables: ReadonlySet<string> = new Set(SERVER_MEMBERS.map((name) => SETTINGS[name].variable));

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
