import { casesOf, flagsWithValue, type ScriptMaker } from './tree.ts';

/**
 * A static script: what was typed is only ever compared, never expanded or run. It works in bash 3.2 (macOS) as well, without
 * the bash-completion package. Bash shows no descriptions.
 */
export const bashScript: ScriptMaker = (nodes) => {
  const commands = nodes.filter((node) => node.path !== '').map((node) => `'${node.path}'`);
  const cases = nodes.map((node) => {
    const flags = node.flags.flatMap((flag) => flag.names.filter((name) => name.startsWith('--')));
    const children = node.children.map((child) => child.name);
    return `    '${node.path}')\n      commands='${children.join(' ')}'\n      flags='${flags.join(' ')}'\n      ;;`;
  });
  const offers = casesOf(nodes).map(({ patterns, value }) => {
    const offer = value === 'context' ? '_sts_contexts' : `_sts_offer '${typeof value === 'string' ? value : value.join(' ')}'`;
    // Files are left to the shell's own completion.
    return `    ${patterns})\n      ${value === 'path' ? '' : `${noFiles}\n      ${offer} "$current"\n      `}return\n      ;;`;
  });
  const withValue = flagsWithValue(nodes).join('|');
  return `# bash completion for sts. How to load it: sts completion bash --help

${helpers}
_sts() {
${beforeTheCursor}
${commandWords(withValue)}
  case "$path $flag" in
${offers.join('\n')}
  esac
  ${noFiles}
  case "$flag" in
    ${withValue}) return ;;
  esac
  case "$path" in
    ''|${commands.join('|')}) ;;
    *) return ;;
  esac

  case "$path" in
${cases.join('\n')}
  esac
  case "$current" in
    -*) _sts_offer "$flags" "$current" ;;
    *) _sts_offer "$commands" "$current" ;;
  esac
}

complete -o bashdefault -o default -F _sts sts
`;
};

const noFiles = 'compopt +o default +o bashdefault 2>/dev/null';

const helpers = `_sts_offer() {
  local word IFS=' '
  for word in $1; do
    case "$word" in
      "$2"*) COMPREPLY+=("$word") ;;
    esac
  done
}

# The names in the config file; no server is asked. They stand on the line in quotes where the shell would read them otherwise.
_sts_contexts() {
  local name quoted
  while IFS= read -r name; do
    quoted="$(printf '%q' "$name")"
    case "$name" in
      "$1"*) COMPREPLY+=("$quoted") ;;
      *) case "$quoted" in "$1"*) COMPREPLY+=("$quoted") ;; esac ;;
    esac
  done < <(command sts context list --quiet 2>/dev/null)
}
`;

/** What is being typed, and the flag that it is the value of. */
const beforeTheCursor = `  local current="\${COMP_WORDS[COMP_CWORD]}" flag='' path='' commands='' flags='' word index
  COMPREPLY=()

  # bash breaks --flag=value in three words, and at colons.
  if [ "$current" = ':' ] || { [ "$COMP_CWORD" -ge 1 ] && [ "\${COMP_WORDS[COMP_CWORD - 1]}" = ':' ]; }; then return; fi
  if [ "$current" = '=' ]; then
    current=''
    flag="\${COMP_WORDS[COMP_CWORD - 1]}"
  elif [ "$COMP_CWORD" -ge 2 ] && [ "\${COMP_WORDS[COMP_CWORD - 1]}" = '=' ]; then
    flag="\${COMP_WORDS[COMP_CWORD - 2]}"
  elif [ "$COMP_CWORD" -ge 1 ]; then
    flag="\${COMP_WORDS[COMP_CWORD - 1]}"
  fi
`;

/** @param withValue pattern of the flags that take a value. */
function commandWords(withValue: string): string {
  return `  # The command words before the cursor; flags may stand between them.
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    case "$word" in
      ${withValue})
        if [ "\${COMP_WORDS[index + 1]}" = '=' ]; then index=$((index + 2)); else index=$((index + 1)); fi
        # A value such as https://host is several words, too.
        while [ "\${COMP_WORDS[index + 1]}" = ':' ] || [ "\${COMP_WORDS[index + 1]}" = '=' ]; do index=$((index + 2)); done
        ;;
      -*|=) ;;
      *)
        if [ "$path" = '' ] && [ "$word" = 'help' ]; then continue; fi
        path="\${path:+$path }$word"
        ;;
    esac
  done
`;
}
