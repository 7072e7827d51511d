import { casesOf, flagsWithValue, type ScriptMaker } from './tree.ts';

/** A static script: what was typed is only ever compared, never expanded or run. */
export const zshScript: ScriptMaker = (nodes, { descriptions }) => {
  const entry = (name: string, description: string) => `        ${quoted(descriptions ? `${name}:${description}` : name)}`;
  const cases = nodes.map((node) => {
    const flags = node.flags.flatMap((flag) =>
      flag.names.filter((name) => name.startsWith('--')).map((name) => entry(name, flag.description)),
    );
    const commands = node.children.map((child) => entry(child.name, child.description));
    return `    '${node.path}')\n      commands=(\n${commands.join('\n')}\n      )\n      flags=(\n${flags.join('\n')}\n      )\n      ;;`;
  });
  const offers = casesOf(nodes).map(({ patterns, value }) => {
    const words = typeof value === 'string' ? [] : value.map(quoted);
    const offer = value === 'path' ? '_files' : value === 'context' ? '_sts_contexts' : `compadd -- ${words.join(' ')}`;
    return `    ${patterns})\n      ${offer}\n      return\n      ;;`;
  });
  const withValue = flagsWithValue(nodes).join('|');
  return `#compdef sts
# zsh completion for sts. How to load it: sts completion zsh --help

${beforeTheCursor(withValue)}
  case "$typed_path $flag" in
${offers.join('\n')}
  esac
  case "$flag" in
    ${withValue}) return ;;
  esac

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
};

/** What is being typed, behind which command and which flag. @param withValue pattern of the flags that take a value. */
function beforeTheCursor(withValue: string): string {
  return `# The names in the config file; no server is asked.
_sts_contexts() {
  local -a names
  names=("\${(@f)$(command sts context list --quiet 2>/dev/null)}")
  compadd -- "\${(@)names:#}"
}

_sts() {
  local flag="\${words[CURRENT-1]}" typed_path='' word index
  local -a commands flags

  # --flag=value is one word here: what stands before the value is set aside.
  if [[ "\${words[CURRENT]}" == --*=* ]]; then
    flag="\${words[CURRENT]%%=*}"
    compset -P '*='
  fi

  # The command words before the cursor; flags may stand between them.
  for ((index = 2; index < CURRENT; index++)); do
    word="\${words[index]}"
    case "$word" in
      ${withValue}) ((index++)) ;;
      -*) ;;
      *)
        if [[ -z "$typed_path" && "$word" == 'help' ]]; then continue; fi
        typed_path="\${typed_path:+$typed_path }$word"
        ;;
    esac
  done
`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
