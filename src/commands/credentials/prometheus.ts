import type { CredentialNoun } from '../nouns.ts';
import type { Placed } from './all-contexts.ts';

/**
 * The listing in the text format of Prometheus, as the textfile collector of node_exporter reads it.
 * @param contexts whose servers were asked, and whether they were reached.
 */
export function* prometheusText(
  { words }: CredentialNoun,
  placed: readonly Pick<Placed, 'context' | 'credential'>[],
  contexts: readonly { readonly name: string; readonly isUp: boolean }[],
): Generator<string> {
  const prefix = `sts_${words.command.replaceAll('-', '_')}`;
  yield metric(
    `${prefix}_expiration_timestamp_seconds`,
    `When the ${words.noun} expires, in seconds since 1970; absent: never.`,
    [
      ...placed.flatMap(({ context, credential: { id, name, expiration } }) =>
        expiration === undefined ? [] : [{ labels: { context, name, id: String(id) }, value: seconds(expiration) }],
      ),
    ],
  );
  yield metric(`${prefix}_created_timestamp_seconds`, `When the ${words.noun} was created, in seconds since 1970.`, [
    ...placed.flatMap(({ context, credential: { id, name, lastUpdateTimestamp: made } }) =>
      made === undefined ? [] : [{ labels: { context, name, id: String(id) }, value: seconds(made) }],
    ),
  ]);
  const samples = contexts.map(({ name, isUp }) => ({ labels: { context: name }, value: isUp ? '1' : '0' }));
  yield metric(`${prefix}_listing_success`, 'Whether the server of the context could be asked.', samples);
}

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: string;
}

function metric(name: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(({ labels, value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
    return `${name}{${pairs.join(',')}} ${value}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join('')}`;
}

/** What a label's value needs in this format; other control characters would confuse its readers and a terminal alike. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

/** Milliseconds as seconds, exactly. */
function seconds(ms: bigint): string {
  const sign = ms < 0n ? '-' : '';
  const whole = ms < 0n ? -ms : ms;
  const rest = (whole % 1000n).toString().padStart(3, '0').replace(/0+$/, '');
  return `${sign}${whole / 1000n}${rest === '' ? '' : `.${rest}`}`;
}
