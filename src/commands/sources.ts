import type { Settings } from '../config/model.ts';
import type { Progress } from './verb.ts';

/** Says under `--verbose` where each setting came from. */
export function saySources(progress: Pick<Progress, 'verbose'>, { sources }: Pick<Settings, 'sources'>): void {
  for (const { setting, source, value } of sources) {
    progress.verbose(`${setting}${value === undefined ? '' : `=${value}`} from ${source}`);
  }
}
