import type { Destination } from '../../credentials/ports.ts';
import { DEFAULT_SECRET_NAME, type DocumentNames } from '../../documents/formats.ts';
import type { Processes } from '../../platform/processes.ts';
import { toldWhyNot } from '../held-to-its-end.ts';
import type { Session } from '../verb.ts';
import { type DeliveryPlan, type DocumentPlan, keyVarOf } from './delivery-plan.ts';
import type { OpenOptions } from './destination.ts';

type Plan<To extends DeliveryPlan['to']> = Extract<DeliveryPlan, { readonly to: To }>;

/** `--key-file -` */
export async function openStdoutDocument({ document }: Plan<'stdout'>, session: Session): Promise<Destination> {
  const [{ stdoutDestination }, render] = await Promise.all([import('../../destinations/stdout.ts'), renderer(document)]);
  return stdoutDestination({
    prove: () => session.stdout.prove(),
    show: ({ secret }) => session.stdout.showAlone(render(secret)),
  });
}

/** `--key-file PATH` */
export async function openKeyFile(plan: Plan<'file'>, { session, isReplaced }: OpenOptions): Promise<Destination> {
  const [{ KeyFile }, { fileDocument }, disk] = await Promise.all([
    import('../../destinations/file.ts'),
    import('../../destinations/file-document.ts'),
    session.world.disk(),
  ]);
  const { path, mode, force, document } = plan;
  const { format, keyVar } = document;
  return new KeyFile({
    disk,
    path,
    mode,
    mayReplace: isReplaced || force,
    document: fileDocument({ path, format, keyVar, names: namesOf(document), force }),
    warn: (sentence) => session.progress.warn(sentence),
  });
}

/** A key file that is only looked after, not written. @param path absolute path. */
export async function guardedFile(path: string, session: Session): Promise<Destination> {
  const document = { format: undefined, keyVar: undefined, secretName: DEFAULT_SECRET_NAME, namespace: undefined };
  const plan = { to: 'file', path, mode: 0o600, force: false, document } as const;
  return openKeyFile(plan, { session, show: async () => {}, isReplaced: true, mayCreate: false });
}

/** `--key-command COMMAND` */
export async function openCommand(plan: Plan<'command'>, { session }: OpenOptions): Promise<Destination> {
  const [{ commandDestination }, render, processes] = await Promise.all([
    import('../../destinations/command.ts'),
    renderer(plan.document),
    session.world.processes(),
  ]);
  const { command, timeoutMs } = plan;
  const why = `waiting for the command, at most ${timeoutMs / 1000} s. A second signal ends at once; the command then still runs, and whether it takes the secret over is not known.`;
  const told: Processes = { run: (...call) => toldWhyNot(session, why, () => processes.run(...call)) };
  const onOutput = (text: string) => void session.progress.passOn(text);
  return commandDestination({ processes: told, command, timeoutMs, render, onOutput });
}

async function renderer(plan: DocumentPlan): Promise<(secret: string) => string> {
  const { newDocument } = await import('../../documents/new.ts');
  return (secret) => newDocument(secret, plan.format ?? 'raw', namesOf(plan));
}

function namesOf(plan: DocumentPlan): DocumentNames {
  const { secretName, namespace } = plan;
  return { keyVar: keyVarOf(plan), secretName, ...(namespace === undefined ? {} : { namespace }) };
}
