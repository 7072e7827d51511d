import { Command } from 'commander';
import { describeVerb } from '../cli/help.ts';
import type { Dispatch } from '../cli/program.ts';
import type { Session } from '../cli/session.ts';
import { ExitCode } from '../errors.ts';
import type { CompletionNode } from './completion/tree.ts';

export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type Shell = (typeof SHELLS)[number];

const howToLoad: Readonly<Record<Shell, string>> = {
  bash: `  # in this shell
  source <(sts completion bash)

  # in every shell
  sts completion bash > ~/.local/share/bash-completion/completions/sts`,
  zsh: `  # in this shell
  source <(sts completion zsh)

  # in every shell
  sts completion zsh > "\${fpath[1]}/_sts"`,
  fish: `  # in this shell
  sts completion fish | source

  # in every shell
  sts completion fish > ~/.config/fish/completions/sts.fish`,
  powershell: `  # in this shell; add the line to your profile for every shell
  sts completion powershell | Out-String | Invoke-Expression`,
};

/**
 * `sts completion SHELL`: a script that completes commands, flags and known values, made from the command tree.
 * @param withVerbs false where only the noun's own name and description are needed.
 * @param wholeProgram makes the tree to complete, where the one the command stands in leaves out verbs.
 */
export function completionCommand(dispatch: Dispatch, withVerbs = true, wholeProgram?: () => Command): Command {
  const noun = new Command('completion')
    .description('Generate the script that completes sts command lines in a shell')
    .helpCommand(false)
    .action(() => noun.help());
  if (!withVerbs) return noun;
  for (const shell of SHELLS) {
    const verb = new Command(shell)
      .description(`Generate the completion script for ${shell}`)
      .action(() => dispatch(verb, (session) => runCompletion(shell, wholeProgram?.() ?? rootOf(verb), session)));
    noun.addCommand(describeVerb(verb, { examples: howToLoad[shell], exitCodes: [ExitCode.usage, ExitCode.delivery] }));
  }
  return noun;
}

/** Prints the completion script; asks no server. Under JSON it is a member of a document. */
export async function runCompletion(shell: Shell, program: Command, { printer }: Session): Promise<undefined> {
  const { completionTree } = await import('./completion/tree.ts');
  const generate = await generatorOf(shell);
  const script = generate(completionTree(program));
  await printer.result({ text: script, json: { shell, script } });
  return undefined;
}

async function generatorOf(shell: Shell): Promise<(nodes: readonly CompletionNode[]) => string> {
  switch (shell) {
    case 'bash':
      return (await import('./completion/bash.ts')).bashScript;
    case 'zsh':
      return (await import('./completion/zsh.ts')).zshScript;
    case 'fish':
      return (await import('./completion/fish.ts')).fishScript;
    case 'powershell':
      return (await import('./completion/powershell.ts')).powershellScript;
  }
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}
