import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { StackState } from '../stackstate/server.ts';
import { runBuilt, startBuilt } from '../support/built.ts';
import { environmentOf, startForTest } from '../support/stackstate.ts';
import { tempFolder } from '../support/temp.ts';

async function scene() {
  const stackState = await startForTest({ now: Date.now });
  const old = stackState.seed({ name: 'ci', lastUpdateTimestamp: BigInt(Date.now() - 86_400_000) });
  const path = join(tempFolder(), 'ingestion.key');
  writeFileSync(path, `${old.apiKey}\n`, { mode: 0o600 });
  const argv = ['ingestion-api-key', 'rotate', '--name', 'ci', '--key-file', path, '--delete-old'];
  return { stackState, old, path, argv, env: environmentOf(stackState), held: () => readFileSync(path, 'utf8').trimEnd() };
}

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 10) {
    if (waited > 15_000) throw new Error('It did not come to that.');
    await delay(10);
  }
}

async function accepted(stackState: StackState, apiKey: string): Promise<boolean> {
  const headers = { Authorization: `SUSEObservability ${apiKey}`, 'Content-Type': 'application/json' };
  const answer = await fetch(`${stackState.url}/v1/metrics`, { method: 'POST', headers, body: '{"resourceMetrics":[]}' });
  return answer.ok;
}

test('with --after 2s both keys are accepted for these two seconds, and a second rotation is refused meanwhile', async () => {
  const { stackState, old, argv, env, held } = await scene();
  const first = startBuilt([...argv, '--after', '2s'], { env });
  await until(() => held() !== old.apiKey);
  const delivered = performance.now();
  const fresh = held();

  const second = await runBuilt(argv, { env });
  expect(second).toMatchObject({ code: 6, stdout: '', stderr: expect.stringContaining('Another rotation') });
  expect(stackState.count('create')).toBe(1);

  let checks = 0;
  while (performance.now() - delivered < 1500) {
    expect([await accepted(stackState, old.apiKey), await accepted(stackState, fresh)]).toEqual([true, true]);
    checks += 1;
    await delay(50);
  }
  expect(checks).toBeGreaterThan(0);
  expect((await first.result).code).toBe(0);
  expect([await accepted(stackState, old.apiKey), await accepted(stackState, fresh)]).toEqual([false, true]);
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s while the old key is kept leaves both and says how to finish; the next rotation finishes',
  async (signal) => {
    const { stackState, old, path, argv, env, held } = await scene();
    const { child, result } = startBuilt([...argv, '--after', '1h'], { env });
    await until(() => held() !== old.apiKey && existsSync(`${path}.sts-pending`));
    await until(() => readFileSync(`${path}.sts-pending`, 'utf8').includes('"delivered"'));
    await delay(100);
    child.kill(signal);
    const ended = await result;
    expect(ended.signal).toBe(signal);
    expect(ended.stderr).toContain(`sts ingestion-api-key delete --id ${old.id}`);
    expect(stackState.keys()).toHaveLength(2);

    // Without --after the old key need not wait for the rest of the hour.
    expect((await runBuilt(argv, { env })).code).toBe(0);
    expect(stackState.keys().map(({ apiKey }) => apiKey)).toEqual([held()]);
  },
);

test('SIGINT while the key is being created: the answer is waited for, and no key is left that nobody holds', async () => {
  const { stackState, path, argv, env, held } = await scene();
  stackState.setFault('create', { kind: 'delay', ms: 700, handler: 'run' }, { times: 1 });
  const { child, result } = startBuilt(argv, { env });
  await until(() => stackState.keys().length === 2);
  child.kill('SIGINT');
  expect((await result).signal).toBe('SIGINT');
  expect(await accepted(stackState, held())).toBe(true);

  expect((await runBuilt(argv, { env })).code).toBe(0);
  expect(stackState.keys().map(({ apiKey }) => apiKey)).toEqual([held()]);
  expect(existsSync(`${path}.sts-pending`)).toBe(false);
});
