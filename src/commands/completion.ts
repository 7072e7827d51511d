import { ExitCode } from '../errors.ts';
import type { ScriptMaker } from './completion/tree.ts';
import { type Program, type Verb, verb } from './verb.ts';

export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type Shell = (typeof SHELLS)[number];

interface CompletionOptions {
  readonly noDescriptions?: boolean;
}

const howToLoad: Readonly<Record<Shell, string>> = {
  bash: `  # in this shell
  source <(sts completion bash)

  # in every shell
  mkdir -p ~/.local/share/sts
  sts completion bash > ~/.local/share/sts/completion.bash
  echo 'source ~/.local/share/sts/completion.bash' >> ~/.bashrc`,
  zsh: `  # in this shell, where compinit has been called
  source <(sts completion zsh)

  # in every shell; if ~/.zshrc calls compinit already, write only the fpath=(...) into it, in front of that call
  mkdir -p ~/.zsh/completions
  sts completion zsh > ~/.zsh/completions/_sts
  echo 'fpath=(~/.zsh/completions $fpath); autoload -Uz compinit && compinit' >> ~/.zshrc`,
  fish: `  # in this shell
  sts completion fish | source

  # in every shell
  mkdir -p ~/.config/fish/completions
  sts completion fish > ~/.config/fish/completions/sts.fish`,
  powershell: `  # in this shell
  sts completion powershell | Out-String | Invoke-Expression

  # in every shell
  New-Item -ItemType Directory -Force (Split-Path $PROFILE)
  Add-Content $PROFILE 'sts completion powershell | Out-String | Invoke-Expression'`,
};

/**
 * `sts completion SHELL`: a script that completes commands, flags and known values, made from the definitions of all commands.
 * @param program all commands.
 */
export function completionVerbs(program: () => Promise<Program>): readonly Verb[] {
  return SHELLS.map((shell) => completionVerb(shell, program));
}

function completionVerb(shell: Shell, program: () => Promise<Program>): Verb {
  return verb<CompletionOptions>({
    name: shell,
    summary: `Generate the completion script for ${shell}`,
    flags: { noDescriptions: { long: 'no-descriptions', help: 'offer the words alone, without what they mean' } },
    examples: howToLoad[shell],
    exitCodes: [ExitCode.delivery, ExitCode.readerGone],
    async run({ noDescriptions = false }) {
      const { completionTree } = await import('./completion/tree.ts');
      const make = await makerOf(shell);
      const script = make(completionTree(await program()), { descriptions: !noDescriptions });
      return { data: { shell, script }, text: () => script };
    },
  });
}

async function makerOf(shell: Shell): Promise<ScriptMaker> {
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
