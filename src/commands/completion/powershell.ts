import { type CompletionNode, flagsWithPath, flagsWithValue, flagsWithWords } from './tree.ts';

/** A static script: what was typed is only ever compared, never expanded or run. */
export function powershellScript(nodes: readonly CompletionNode[]): string {
  const list = (words: readonly string[]) => `@(${words.map((word) => `'${word}'`).join(', ')})`;
  const table = (node: CompletionNode) => {
    const flags = node.flags.flatMap((flag) => flag.names.filter((name) => name.startsWith('--')));
    return `        '${node.path}' = @{ Commands = ${list(node.children.map((child) => child.name))}; Flags = ${list(flags)} }`;
  };
  const values = flagsWithWords(nodes).flatMap(({ names, words }) => names.map((name) => `        '${name}' = ${list(words)}`));
  return `# PowerShell completion for sts
#
# Load it in this shell:     sts completion powershell | Out-String | Invoke-Expression
# Load it in every shell:    add that line to the file that $PROFILE names

Register-ArgumentCompleter -Native -CommandName 'sts' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $tree = @{
${nodes.map(table).join('\n')}
    }
    $values = @{
${values.join('\n')}
    }
    $withValue = ${list(flagsWithValue(nodes))}
    $withPath = ${list(flagsWithPath(nodes))}

    # The text of the words before the cursor; nothing in them is evaluated.
    $typed = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.Extent.Text } | Select-Object -Skip 1)
    $words = @()
    $flag = ''
    foreach ($word in $typed) {
        if ($flag -ne '') { $flag = ''; continue }
        if ($withValue -ccontains $word) { $flag = $word; continue }
        if ($word.StartsWith('-')) { continue }
        if ($words.Count -eq 0 -and $word -ceq 'help') { continue }
        $words += $word
    }

    $offers = @()
    if ($flag -ne '') {
        if ($withPath -ccontains $flag) { return }
        if ($values.ContainsKey($flag)) { $offers = $values[$flag] }
    } else {
        $node = $tree[($words -join ' ')]
        if ($null -eq $node) { return }
        $offers = if ("$wordToComplete".StartsWith('-')) { $node.Flags } else { $node.Commands }
    }
    $offers | Where-Object { $_.StartsWith("$wordToComplete", [System.StringComparison]::Ordinal) } | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
    }
}
`;
}
