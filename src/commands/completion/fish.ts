import { type CompletionNode, flagsWithValue } from './tree.ts';

/** A static script: what was typed is only ever compared, never expanded or run. */
export function fishScript(nodes: readonly CompletionNode[]): string {
  const root = nodes.find((node) => node.path === '');
  const globals = new Set(root?.flags.flatMap((flag) => flag.names).filter((name) => name !== '--version'));
  const lines = nodes.flatMap((node) => {
    const at = `-n "__sts_at '${node.path}'"`;
    const commands = node.children.map((child) => `complete -c sts ${at} -a '${child.name}' -d '${child.description}'`);
    const own = node.path === '' ? node.flags : node.flags.filter((flag) => !flag.names.some((name) => globals.has(name)));
    const flags = own.map((flag) => {
      const where = flag.names.some((name) => globals.has(name)) ? '' : ` ${at}`;
      const names = flag.names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
      return `complete -c sts${where} ${names.join(' ')}${argumentOf(flag.value)} -d '${flag.description}'`;
    });
    return [...commands, ...flags];
  });
  return `# fish completion for sts
#
# Load it in this shell:     sts completion fish | source
# Load it in every shell:    sts completion fish > ~/.config/fish/completions/sts.fish

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

complete -c sts -f
${lines.join('\n')}
`;
}

function argumentOf(value: CompletionNode['flags'][number]['value']): string {
  if (value === 'none') return '';
  if (value === 'path') return ' -r -F';
  return value === 'other' ? ' -x' : ` -x -a '${value.join(' ')}'`;
}
