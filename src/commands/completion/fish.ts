import { type CompletionValue, flagsWithValue, type ScriptMaker } from './tree.ts';

/** A static script: what was typed is only ever compared, never expanded or run. */
export const fishScript: ScriptMaker = (nodes, { descriptions }) => {
  const root = nodes.find((node) => node.path === '');
  const globals = new Set(root?.flags.flatMap((flag) => flag.names).filter((name) => name !== '--version'));
  const described = (text: string) => (descriptions ? ` -d ${quoted(text)}` : '');
  const lines = nodes.flatMap((node) => {
    const at = `-n "__sts_at '${node.path}'"`;
    const commands = node.children.map((child) => `complete -c sts ${at} -a '${child.name}'${described(child.description)}`);
    const own = node.path === '' ? node.flags : node.flags.filter((flag) => !flag.names.some((name) => globals.has(name)));
    const flags = own.map((flag) => {
      const where = flag.names.some((name) => globals.has(name)) ? '' : ` ${at}`;
      const names = flag.names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
      return `complete -c sts${where} ${names.join(' ')}${argumentOf(flag.value)}${described(flag.description)}`;
    });
    return [...commands, ...flags];
  });
  return `# fish completion for sts. How to load it: sts completion fish --help

# True when the command words before the cursor are the given ones; flags may stand between them.
function __sts_at
    set -l typed (commandline -opc)
    set -l words
    set -l skip no
    for token in $typed[2..-1]
        if test "$skip" = yes
            set skip no
            continue
        end
        switch "$token"
            case ${flagsWithValue(nodes).join(' ')}
                set skip yes
            case '-*'
            case help
                test (count $words) -gt 0; and set -a words $token
            case '*'
                set -a words $token
        end
    end
    test "$words" = "$argv[1]"
end

# The names in the config file; no server is asked.
function __sts_contexts
    command sts context list --quiet 2>/dev/null
end

complete -c sts -f
${lines.join('\n')}
`;
};

function argumentOf(value: CompletionValue): string {
  if (value === 'none') return '';
  if (value === 'path') return ' -r -F';
  if (value === 'context') return " -x -a '(__sts_contexts)'";
  return value === 'other' ? ' -x' : ` -x -a '${value.join(' ')}'`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
