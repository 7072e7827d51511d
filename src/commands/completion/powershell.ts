import { flagsWithValue, offersOf, type ScriptMaker } from './tree.ts';

/** A static script: what was typed is only ever compared, never expanded or run. */
export const powershellScript: ScriptMaker = (nodes, { descriptions }) => {
  const entries = (rows: readonly (readonly [string, string])[]) =>
    ordered(rows.map(([name, text]) => [name, descriptions ? text : name]));
  const table = nodes.map(({ path, children, flags }) => {
    const long = flags.flatMap(({ names, description }) =>
      names.filter((name) => name.startsWith('--')).map((name) => [name, description] as const),
    );
    const commands = entries(children.map(({ name, description }) => [name, description] as const));
    return `        '${path}' = @{ Commands = ${commands}; Flags = ${entries(long)} }`;
  });
  const offers = offersOf(nodes).flatMap(({ path, names, value }) => {
    const offer = typeof value === 'string' ? quoted(value) : list(value);
    return names.map((name) => `        ${quoted(`${path ?? '*'} ${name}`)} = ${offer}`);
  });
  return `# PowerShell completion for sts. How to load it: sts completion powershell --help

Register-ArgumentCompleter -Native -CommandName 'sts' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $tree = @{
${table.join('\n')}
    }
    $values = @{
${offers.join('\n')}
    }
    $withValue = ${list(flagsWithValue(nodes))}

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
    $path = $words -join ' '

    $offers = [ordered]@{}
    if ($flag -ne '') {
        $value = if ($values.ContainsKey("$path $flag")) { $values["$path $flag"] } else { $values["* $flag"] }
        if ($null -eq $value -or $value -is [string] -and $value -ceq 'path') { return }
        # The names in the config file; no server is asked.
        if ($value -is [string]) { $value = @(& 'sts' context list --quiet 2>$null) }
        foreach ($word in $value) { $offers["$word"] = "$word" }
    } else {
        $node = $tree[$path]
        if ($null -eq $node) { return }
        $offers = if ("$wordToComplete".StartsWith('-')) { $node.Flags } else { $node.Commands }
    }
    foreach ($offer in $offers.GetEnumerator()) {
        $word = $offer.Key
        if (-not $word.StartsWith("$wordToComplete", [System.StringComparison]::Ordinal)) { continue }
        $text = if ($word -cmatch '^[A-Za-z0-9_.-]+$') { $word } else { "'" + $word.Replace("'", "''") + "'" }
        [System.Management.Automation.CompletionResult]::new($text, $word, 'ParameterValue', $offer.Value)
    }
}
`;
};

function ordered(rows: readonly (readonly [string, string])[]): string {
  return `[ordered]@{ ${rows.map(([name, text]) => `${quoted(name)} = ${quoted(text)}`).join('; ')} }`;
}

function list(words: readonly string[]): string {
  return `@(${words.map(quoted).join(', ')})`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
