import { type CompletionNode, flagsWithPath, flagsWithValue, flagsWithWords } from './tree.ts';

/** A static script: what was typed is only ever compared, never expanded or run. */
export function zshScript(nodes: readonly CompletionNode[]): string {
  const entry = (name: string, description: string) => `        '${name}:${description.replaceAll(':', ' ')}'`;
  const cases = nodes.map((node) => {
    const flags = node.flags.flatMap((flag) =>
      flag.names.filter((name) => name.startsWith('--')).map((name) => entry(name, flag.description)),
    );
    const commands = node.children.map((child) => entry(child.name, child.description));
    return `    '${node.path}')\n      commands=(\n${commands.join('\n')}\n      )\n      flags=(\n${flags.join('\n')}\n      )\n      ;;`;
  });
  const values = flagsWithWords(nodes).map(
    ({ names, words }) =>
      `    ${names.join('|')})\n      compadd -- ${words.map((word) => `'${word}'`).join(' ')}\n      return\n      ;;`,
  );
  return `#compdef sts
# zsh completion for sts
#
# Load it in this shell:     source <(sts completion zsh)
# Load it in every shell:    sts completion zsh > "\${fpath[1]}/_sts"

_sts() {
  local flag="\${words[CURRENT-1]}" typed_path='' word index
  local -a commands flags

  # --flag=value is one word here: what stands before the value is set aside.
  if [[ "\${words[CURRENT]}" == --*=* ]]; then
    flag="\${words[CURRENT]%%=*}"
    compset -P '*='
  fi

  case "$flag" in
${values.join('\n')}
    ${flagsWithPath(nodes).join('|')})
      _files
      return
      ;;
    ${flagsWithValue(nodes).join('|')})
      return
      ;;
  esac

  # The command words before the cursor; flags may stand between them.
  for ((index = 2; index < CURRENT; index++)); do
    word="\${words[index]}"
    case "$word" in
      ${flagsWithValue(nodes).join('|')}) ((index++)) ;;
      -*) ;;
      *)
        if [[ -z "$typed_path" && "$word" == 'help' ]]; then continue; fi
        typed_path="\${typed_path:+$typed_path }$word"
        ;;
    esac
  done

  case "$typed_path" in
${cases.join('\n')}
    *) return ;;
  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then
    _describe 'flag' flags
  else
    _describe 'command' commands
  fi
}

if [[ "\${funcstack[1]}" == '_sts' ]]; then
  _sts "$@"
else
  compdef _sts sts
fi
`;
}
