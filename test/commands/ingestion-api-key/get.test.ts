import { expect, test } from 'vitest';
import { against, jsonOf, runSts, startForTest, testTime } from '../../support/run.ts';

const get = ['ingestion-api-key', 'get'];

async function withKeys() {
  const server = await startForTest();
  server.seed({ id: 1n, name: 'ci', lastUpdateTimestamp: 100n });
  server.seed({ id: 2n, name: 'ci', lastUpdateTimestamp: 300n, description: 'builds', expiration: BigInt(testTime) });
  server.seed({ id: 3n, name: 'ci', lastUpdateTimestamp: 200n });
  server.seed({ id: 4n, name: 'other' });
  return server;
}

test('a key by its id is its row of the list', async () => {
  const server = await withKeys();
  const result = await runSts([...get, '--id', '2', ...against(server)]);
  expect(server.requests.map(({ method }) => method)).toEqual(['GET']);
  expect(result).toMatchObject({
    code: 0,
    stdout: 'ID | NAME | EXPIRATION | DESCRIPTION\n2  | ci   | 2026-03-15 | builds\n',
    stderr: '',
  });
});

test('under JSON it is one object without the key', async () => {
  const server = await withKeys();
  const { stdout } = await runSts([...get, '-i', '2', '-o', 'json', ...against(server)]);
  expect(jsonOf(stdout)).toEqual({
    'ingestion-api-key': { description: 'builds', expiration: testTime, id: 2, lastUpdateTimestamp: 300, name: 'ci' },
  });
});

test('of several keys of a name the newest is shown, and on a terminal it is said that there are more', async () => {
  const server = await withKeys();
  const flags = [...get, '--name', 'ci', '-q', ...against(server)];
  expect(await runSts(flags)).toMatchObject({ code: 0, stdout: '2\n', stderr: '' });
  expect((await runSts(flags, { stderr: { isTTY: true } })).stderr).toBe('3 keys have this name; this is the newest.\n');
});

test.each([
  [['--id', '9'], 'There is no ingestion API key with the id 9.', 'List the keys with: sts ingestion-api-key list'],
  [['--name', 'othr'], 'There is no ingestion API key named "othr".', 'Did you mean "other" (id 4)?'],
])('%j is not there: exit 8', async (flags, message, hint) => {
  const server = await withKeys();
  const result = await runSts([...get, ...flags, ...against(server)]);
  expect(result).toMatchObject({ code: 8, stdout: '' });
  expect(result.stderr.split('\n')).toEqual(expect.arrayContaining([`[ERROR] ${message}`, `  ${hint}`]));
});

test('where a row of the list makes no sense, it cannot be told which key is the newest', async () => {
  const server = await withKeys();
  server.setFault('list', { kind: 'body', text: '[{"id":1,"lastUpdateTimestamp":1,"name":"ci"},{"id":"x"}]' });
  expect(await runSts([...get, '--name', 'ci', ...against(server)])).toMatchObject({ code: 2, stdout: '' });
  expect(await runSts([...get, '--id', '1', '-q', ...against(server)])).toMatchObject({ code: 0, stdout: '1\n' });
  expect(await runSts([...get, '--id', '2', ...against(server)])).toMatchObject({ code: 2, stdout: '' });
});

test.each([
  [[], 'No flag says which key to show.'],
  [['--id', '1', '--name', 'ci'], '--id and --name both say which key'],
  [['--id', '1', '--id', '2'], '--id is given twice'],
])('get %j is a usage error, and nothing is asked of the server', async (flags, reason) => {
  const server = await withKeys();
  const result = await runSts([...get, ...flags, ...against(server)]);
  expect(server.requests).toEqual([]);
  expect(result).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining(reason) });
});
