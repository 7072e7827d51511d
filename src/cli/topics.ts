import { SETTINGS, type Setting } from '../config/table.ts';
import { exitCodeMeanings, twoColumns, wrapWords } from './help.ts';
import type { Topic } from './words.ts';

/** `sts help TOPIC`. @param width columns of the terminal; undefined off a terminal. */
export function renderTopic(topic: Topic, width = 80): string {
  const lines = { environment, 'exit-codes': exitCodes, 'config-file': configFile }[topic](width);
  return `${lines.join('\n')}\n`;
}

const settings: readonly Setting[] = Object.values(SETTINGS);

/** Variables that are not the program's own, and that it heeds. */
const others = [
  ['HTTPS_PROXY, HTTP_PROXY, NO_PROXY', 'the proxy to go through, in capitals or not; user and password are percent-encoded'],
  ['SSL_CERT_FILE, SSL_CERT_DIR', 'more CA certificates to trust'],
  ['NODE_EXTRA_CA_CERTS', 'the same, as Node.js knows it'],
  ['XDG_CONFIG_HOME', 'the folder that holds stackstate-cli/config.yaml, ~/.config by default'],
  ['KUBECONFIG', 'the kubeconfig files to use for --kubernetes-secret'],
  ['KUBERNETES_SERVICE_HOST', "set in a pod: where no token is configured, the pod's own service-account token is used"],
  ['TERM', '"dumb" is a terminal without colours, symbols and animation'],
] as const;

function environment(width: number): string[] {
  const own = settings.flatMap(({ variable, flag, help }) =>
    variable === undefined ? [] : [[variable, flag === undefined ? help : `${help} (--${flag})`] as const],
  );
  return [
    ...wrapWords('The environment variables of sts. A flag wins over its variable, and a variable over the config file.', width),
    '',
    ...twoColumns(own, { width, gap: 3 }),
    '',
    ...wrapWords(
      'Variables for yes or no take 1, 0, t, f, true, false, yes, no, on and off. A token in a variable replaces the stored tokens as a group; exactly one token is used. With the flag --context, STS_CLI_URL and the variables for tokens are ignored, with a warning.',
      width,
    ),
    '',
    'Besides its own, sts heeds:',
    '',
    ...twoColumns(others, { width, gap: 3 }),
  ];
}

function exitCodes(width: number): string[] {
  const rows = Object.entries(exitCodeMeanings).map(([code, meaning]) => [code, meaning] as const);
  return [
    ...wrapWords('The exit codes of sts. The help of a command says in which of them it can end.', width),
    '',
    ...twoColumns(rows, { width, gap: 3 }),
  ];
}

function configFile(width: number): string[] {
  const keys = settings.flatMap(({ key, help }) => (key === undefined ? [] : [[key, help] as const]));
  return [
    ...wrapWords(
      'The config file holds contexts: connections to StackState, each with a name. It is $XDG_CONFIG_HOME/stackstate-cli/config.yaml, else ~/.config/stackstate-cli/config.yaml; --config names another one. The Go CLI shares it.',
      width,
    ),
    '',
    '  contexts:',
    '    - name: prod',
    '      context:',
    '        url: https://stackstate.example.com',
    '        service-token: ...',
    '  current-context: prod',
    '',
    'The keys of a context:',
    '',
    ...twoColumns(keys, { width, gap: 3 }),
    '',
    ...wrapWords(
      'Commands use the context that --context names, else STS_CLI_CONTEXT, else current-context. Flags and variables win over what it holds. "sts context save" writes the file, with mode 0600; comments, order and unknown keys survive. "sts context --help" lists the commands.',
      width,
    ),
  ];
}
