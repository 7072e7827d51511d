import { type Finding, find, type RenewalPlan } from '../../credentials/renew.ts';
import { listReported } from '../../credentials/rotate.ts';
import type { Run } from '../../credentials/run.ts';
import { visible } from '../../escape.ts';
import { type CredentialNoun, documentOf } from '../nouns.ts';
import type { Outcome } from '../verb.ts';
import { firstSentence, recoveryIn, unfinishedIn } from './dry-run.ts';
import { endOf } from './expiration.ts';
import { freshOutcome, type RenewOutcome } from './renew-outcomes.ts';

/** `renew --dry-run`: says what would be done. Nothing is sent that changes anything, nothing is written. */
export async function dryRenewal(noun: CredentialNoun, run: Run, plan: RenewalPlan): Promise<RenewOutcome> {
  const { destination } = run;
  const record = await destination.journal?.read();
  const listing = await listReported(run);
  const now = run.serverClock.now();
  const unfinished = unfinishedIn(record, now);
  const finding = await find(run, plan, listing, recoveryIn(record, unfinished));
  const outcome = foundOnly(noun, plan.target.name, finding, now);
  const first = unfinished === undefined ? [] : [firstSentence(unfinished, destination.description)];
  return { ...preceded(first, outcome), finding, unfinished };
}

function foundOnly(noun: CredentialNoun, name: string, finding: Finding, now: number): Outcome {
  const { reason, credential } = finding;
  if (reason === 'fresh') return freshOutcome(noun, finding, now);
  const { short } = noun.words;
  const what = {
    missing: `A new ${short} named ${name} would be created: there is none where it belongs.`,
    refused: `A new ${short} named ${name} would be created: the server refuses the one that is there.`,
    due: `The ${short} ${credential?.id} (${name}; expires: ${credential === undefined ? '' : endOf(credential, now)}) would be replaced.`,
  }[reason];
  const shown = reason === 'due' && credential !== undefined ? { [noun.words.command]: documentOf(credential) } : {};
  return {
    data: { ...shown, [`would-renew-${noun.words.command}`]: { name, reason }, renewed: false },
    text: () => `${visible(what)}\n`,
  };
}

function preceded(sentences: readonly string[], outcome: Outcome): Outcome {
  const first = sentences.map((sentence) => `${visible(sentence)}\n`);
  return {
    ...outcome,
    async text(view) {
      const text = await outcome.text(view);
      return [...first, ...(typeof text === 'string' ? [text] : text)];
    },
  };
}
