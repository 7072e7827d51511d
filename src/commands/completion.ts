import { ExitCode } from '../errors.ts';
import type { CompletionNode } from './completion/tree.ts';
import { type Program, type Verb, verb } from './verb.ts';

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
 * `sts completion SHELL`: a script that completes commands, flags and known values, made from the definitions of all commands.
 * @param program all commands.
 */
export function completionVerbs(program: () => Promise<Program>): readonly Verb[] {
  return SHELLS.map((shell) => completionVerb(shell, program));
}

function completionVerb(shell: Shell, program: () => Promise<Program>): Verb {
  return verb<object>({
    name: shell,
    summary: `Generate the completion script for ${shell}`,
    flags: {},
    examples: howToLoad[shell],
    exitCodes: [ExitCode.delivery, ExitCode.readerGone],
    async run() {
      const { completionTree } = await import('./completion/tree.ts');
      const generate = await generatorOf(shell);
      const script = generate(completionTree(await program()));
      return { data: { shell, script }, text: () => script };
    },
  });
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
