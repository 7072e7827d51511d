import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { count } from '../support/counts.ts';
import { jsonOf as parsed, runSts } from '../support/run.ts';
import { type Answer, cleanAnswer, harmed, jsonOf, keyMembers, lastOf, strangeBody } from './arbitraries.ts';
import { expectNever, fuzzing } from './never.ts';
import { startFuzzServer } from './server.ts';

// Whatever a server answers to the creation of a token: what holds for keys, and nothing is deleted by an id that is not the list's.

let tried = 0;
afterAll(() => count('fuzzed answers', tried));

const ways = fc.constantFrom('text', 'json', 'full');
type Way = 'text' | 'json' | 'full';

/** The members of a key, with the name that the secret of a token has. */
const tokenMembers = keyMembers(true).map((members) =>
  members.map(([name, value]) => [name === 'apiKey' ? 'token' : name, value] as const),
);

test('tokens, whole and garbled', { timeout: 120_000 }, async () => {
  const create = await startCreating();
  const answers = tokenMembers.chain((members) => cleanAnswer(jsonOf(members)).map((answer) => ({ answer, members })));
  await fc.assert(
    fc.asyncProperty(answers, ways, async ({ answer, members }, way) => {
      const delivered = await create(answer, way);
      const { status } = answer.clean ?? { status: 0 };
      const secret = lastOf(members, 'token');
      if (delivered === undefined) return;
      expect(status).toSatisfy((code: number) => code >= 200 && code < 300);
      expect(secret === undefined ? undefined : parsed(secret)).toBe(delivered);
    }),
    fuzzing(250),
  );
});

test('bodies that are no token, and answers harmed on their way', { timeout: 120_000 }, async () => {
  const create = await startCreating();
  const answers = fc.oneof(strangeBody.chain(cleanAnswer), harmed(tokenMembers.chain((members) => cleanAnswer(jsonOf(members)))));
  await fc.assert(
    fc.asyncProperty(answers, ways, async (answer, way) => void (await create(answer, way))),
    fuzzing(250),
  );
});

/** @returns the token where it was delivered. */
async function startCreating(): Promise<(answer: Answer, way: Way) => Promise<string | undefined>> {
  const server = await startFuzzServer('security/tokens');
  return async (answer, way) => {
    tried += 1;
    const { env, requests } = server.begin('POST', answer.bytes);
    const flags = ['--roles', 'r', '--timeout', '5s', ...(way === 'json' ? ['-o', 'json'] : [])];
    let passed = 0;
    const result = await runSts(['service-token', 'create', '--name', 'fuzz', ...flags], {
      env,
      monotonic: () => passed,
      sleep: async (ms) => {
        passed += ms;
      },
      ...(way === 'full' ? { stdout: { failWith: { code: 'ENOSPC', afterBytes: 7 } } } : {}),
    });
    expectNever(result, [0, 2, 4, 6, 10, 11]);
    expect(requests.filter((request) => request === 'POST')).toHaveLength(1);
    // The list shows no token, whatever id a response names.
    expect(requests.filter((request) => request.startsWith('DELETE'))).toEqual([]);
    if (result.code !== 0) {
      if (way !== 'full') expect(result.stdout).toBe('');
      return undefined;
    }
    expect(way).not.toBe('full');
    const token =
      way === 'text'
        ? /^\[SUCCESS\] Service token created: (.+)\n$/.exec(result.stdout)?.[1]
        : (parsed(result.stdout) as { 'service-token': { token?: string } })['service-token'].token;
    expect(token).toBeDefined();
    return token;
  };
}
