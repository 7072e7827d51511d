import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { StackState, StackStateOptions } from '../stackstate/server.ts';
import { runBuilt, startBuilt } from '../support/built.ts';
import { environmentOf, startForTest } from '../support/stackstate.ts';
import { tempFolder } from '../support/temp.ts';

async function scene(options: StackStateOptions = {}) {
  const stackState = await startForTest({ now: Date.now, ...options });
  const old = stackState.seed({ name: 'ci', lastUpdateTimestamp: BigInt(Date.now() - 86_400_000) });
  const path = join(tempFolder(), 'ingestion.key');
  writeFileSync(path, `${old.apiKey}\n`, { mode: 0o600 });
  const argv = ['ingestion-api-key', 'rotate', '--name', 'ci', '--key-file', path, '--delete-old'];
  const atOnce = [...argv, '--after', '0s'];
  return {
    stackState,
    old,
    path,
    argv,
    atOnce,
    env: environmentOf(stackState),
    held: () => readFileSync(path, 'utf8').trimEnd(),
  };
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

test('with --after 2s both keys are accepted for two seconds, up to the deletion of the old one', async () => {
  const accepting: boolean[] = [];
  const { stackState, old, argv, env, held } = await scene({
    onStage: async (stage, { route }) => {
      if (stage !== 'received' || route !== 'delete') return;
      accepting.push(await accepted(stackState, old.apiKey), await accepted(stackState, held()));
    },
  });
  expect((await runBuilt([...argv, '--after', '2s'], { env })).code).toBe(0);
  expect(accepting).toEqual([true, true]);
  expect([await accepted(stackState, old.apiKey), await accepted(stackState, held())]).toEqual([false, true]);
  // The two seconds begin once the key is delivered, which is after it was verified.
  const timeOf = (route: string) => stackState.requests.find((request) => request.route === route)?.time ?? Number.NaN;
  expect(timeOf('delete') - timeOf('authorize')).toBeGreaterThanOrEqual(2000);
});

test('while the old key is kept both are accepted, and a second rotation is refused', async () => {
  const { stackState, old, path, argv, env, held } = await scene();
  const first = startBuilt([...argv, '--after', '1h'], { env });
  await until(() => held() !== old.apiKey && readFileSync(`${path}.sts-pending`, 'utf8').includes('"delivered"'));
  const fresh = held();
  const bothAccepted = async () => [await accepted(stackState, old.apiKey), await accepted(stackState, fresh)];
  expect(await bothAccepted()).toEqual([true, true]);

  const second = await runBuilt(argv, { env });
  expect(second).toMatchObject({ code: 6, stdout: '', stderr: expect.stringMatching(/Another .*Nothing was done/) });
  expect(stackState.count('create')).toBe(1);
  expect(held()).toBe(fresh);
  expect(await bothAccepted()).toEqual([true, true]);

  // It would go on for an hour; that it was not disturbed shows in its end.
  first.child.kill('SIGTERM');
  expect(await first.result).toMatchObject({ signal: 'SIGTERM', stderr: expect.stringContaining(`delete --id ${old.id}`) });
  expect(await bothAccepted()).toEqual([true, true]);
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s while the old key is kept leaves both and says how to finish; the next rotation finishes',
  async (signal) => {
    const { stackState, old, path, argv, atOnce, env, held } = await scene();
    const { child, result } = startBuilt([...argv, '--after', '1h'], { env });
    await until(() => held() !== old.apiKey && existsSync(`${path}.sts-pending`));
    await until(() => readFileSync(`${path}.sts-pending`, 'utf8').includes('"delivered"'));
    await delay(100);
    child.kill(signal);
    const ended = await result;
    expect(ended.signal).toBe(signal);
    expect(ended.stderr).toContain(`sts ingestion-api-key delete --id ${old.id}`);
    expect(stackState.keys()).toHaveLength(2);

    // With a shorter --after the old key need not wait for the rest of the hour.
    expect((await runBuilt(atOnce, { env })).code).toBe(0);
    expect(stackState.keys().map(({ apiKey }) => apiKey)).toEqual([held()]);
  },
);

test('SIGINT while the key is being created: the answer is waited for, and no key is left that nobody holds', async () => {
  const { stackState, path, atOnce, env, held } = await scene();
  stackState.setFault('create', { kind: 'delay', ms: 700, handler: 'run' }, { times: 1 });
  const { child, result } = startBuilt(atOnce, { env });
  await until(() => stackState.keys().length === 2);
  child.kill('SIGINT');
  expect((await result).signal).toBe('SIGINT');
  expect(await accepted(stackState, held())).toBe(true);

  expect((await runBuilt(atOnce, { env })).code).toBe(0);
  expect(stackState.keys().map(({ apiKey }) => apiKey)).toEqual([held()]);
  expect(existsSync(`${path}.sts-pending`)).toBe(false);
});
