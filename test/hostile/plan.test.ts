import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tokens } from '../stackstate/server.ts';
import { against, jsonOf, runSts, startForTest, tempFolder, testTime } from '../support/run.ts';

async function startPlan(text: (folder: string) => string) {
  const server = await startForTest();
  const folder = tempFolder();
  const path = join(folder, 'plan.yaml');
  writeFileSync(path, text(folder));
  const renew = (...flags: string[]) => runSts(['ingestion-api-key', 'renew', '--plan', path, ...flags, ...against(server)]);
  return { server, folder, path, renew };
}

const one = (folder: string) => `renewals:\n  - name: ci\n    key-file: ${folder}/k\n`;

test.each([['--delete-old'], ['--key-file', 'elsewhere'], ['--renew-before', '3d'], ['--no-verify'], ['--name', 'ci']])(
  'beside a plan %s is refused, and not ignored',
  async (flag, ...value) => {
    const { server, folder, renew } = await startPlan(one);

    const { code, stdout, stderr } = await renew(flag, ...value);

    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain(flag);
    expect(server.requests).toEqual([]);
    expect(existsSync(join(folder, 'k'))).toBe(false);
  },
);

test('a dry run counts what would be renewed, and not as up to date', async () => {
  const { server, renew } = await startPlan(one);

  const text = await renew('--dry-run');
  const json = await renew('--dry-run', '-o', 'json');

  expect(text).toMatchObject({ code: 0, stderr: '' });
  expect(text.stdout).toContain('1 key in the plan: 1 would be renewed, 0 up to date, 0 failed.\n');
  expect(jsonOf(json.stdout)).toMatchObject({ summary: { 'would-renew': 1, 'up-to-date': 0, renewed: 0, failed: 0 } });
  expect(server.keys()).toEqual([]);
});

test.each([
  ['key-file: ./same', 'key-file: same'],
  ['kubernetes-secret: a/b', 'kubernetes-secret: a/b'],
])('two renewals that write to one place (%s, %s) are refused before anything is done', async (first, second) => {
  const { server, path, renew } = await startPlan(() => `renewals:\n  - name: a\n    ${first}\n  - name: b\n    ${second}\n`);

  const { code, stderr } = await renew();

  expect(code).toBe(3);
  expect(stderr).toContain(`${path}:4: the renewal of line 2 writes to the same place.`);
  expect(server.requests).toEqual([]);
});

test.each([
  ['a symbolic link', (folder: string) => symlinkSync(join(folder, 'real'), join(folder, 'other'))],
  [
    'a link to a link',
    (folder: string) => {
      symlinkSync('real', join(folder, 'link'));
      symlinkSync('link', join(folder, 'other'));
    },
  ],
])('a folder that two renewals name by different paths (%s) is one place', async (_how, link) => {
  const { server, folder, path, renew } = await startPlan(
    (where) => `renewals:\n  - name: a\n    key-file: ${where}/real/k\n  - name: b\n    key-file: ${where}/other/k\n`,
  );
  mkdirSync(join(folder, 'real'));
  link(folder);

  const { code, stderr } = await renew('--parallel', '1');

  expect(code).toBe(3);
  expect(stderr).toContain(`${path}:4: the renewal of line 2 writes to the same place.`);
  expect(server.requests).toEqual([]);
});

test('no name of a plan reaches stdout raw, and each stands there once', async () => {
  const { renew } = await startPlan((folder) =>
    JSON.stringify({
      renewals: ['a\u001b[31mb', 'c\nd', 'e\u202ef'].map((name, index) => ({
        name,
        'key-file': join(folder, String(index)),
        'expires-in': '90d',
      })),
    }),
  );

  const first = await renew();
  const second = await renew();

  expect(first.code).toBe(0);
  const lines = ['a\\u001b[31mb', 'c\\u000ad', 'e\\u202ef'].map((title) => `[SUCCESS] ${title}: Ingestion API Key `);
  for (const { stdout } of [first, second]) {
    expect(
      stdout
        .split('\n')
        .map((line, index) => line.slice(0, lines[index]?.length))
        .slice(0, 3),
    ).toEqual(lines);
    expect(stdout.split('\n')).toHaveLength(5);
  }
});

test('lists of aliases of lists of aliases cost no time', async () => {
  const many = (name: string) => `[${Array.from({ length: 2000 }, () => `*${name}`).join(', ')}]`;
  const { renew } = await startPlan(
    (folder) =>
      `renewals:\n  - &a { name: a, key-file: ${folder}/a }\n${['b', 'c', 'd']
        .map((name, index) => `  - &${name} { <<: ${many('abc'.charAt(index))}, key-file: ${folder}/${name} }\n`)
        .join('')}`,
  );

  const { code, stdout } = await renew('--dry-run');

  expect({ code, stdout: stdout.trimEnd().split('\n').at(-1) }).toEqual({
    code: 0,
    stdout: '4 keys in the plan: 4 would be renewed, 0 up to date, 0 failed.',
  });
});

test.each([
  ['key-file: *nothing', '3:15: there is no &nothing before *nothing.'],
  ['<<: *nothing', '3:9: there is no &nothing before *nothing.'],
  ['restart: [deployment/a, [x]]', '3:29: restart takes one value'],
])('what is wrong with a value of a plan (%s) is said with its one place', async (line, message) => {
  const { path, renew } = await startPlan(() => `renewals:\n  - name: a\n    ${line}\n`);

  const { code, stderr } = await renew();

  expect(code).not.toBe(0);
  expect(stderr).toContain(`${path}:${message}`);
  expect(stderr.split(`${path}:`)).toHaveLength(2);
});

test.each([
  ['the old key is deleted', 'delete-old: true, after: 0s', ['new']],
  ['the old key is kept', 'delete-old: false', ['new', 'old']],
])('a plan that gives a key a new name may run every night (%s)', async (_what, fate, names) => {
  const { server, folder, renew } = await startPlan(
    (where) => `renewals:\n  - { name: old, new-name: new, key-file: ${where}/k, expires-in: 90d, renew-before: 30d, ${fate} }\n`,
  );
  const { apiKey } = server.seed({ name: 'old', expiration: BigInt(testTime + 86_400_000) });
  writeFileSync(join(folder, 'k'), `${apiKey}\n`, { mode: 0o600 });

  const nights = [await renew('-o', 'json'), await renew('-o', 'json'), await renew('-o', 'json')];

  expect(nights.map(({ stdout }) => jsonOf(stdout))).toMatchObject(
    [1, 0, 0].map((renewed) => ({ summary: { renewed, failed: 0 } })),
  );
  expect(
    server
      .keys()
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(names);
  const held = server.keys().find(({ name }) => name === 'new')?.apiKey;
  expect(readFileSync(join(folder, 'k'), 'utf8')).toBe(`${held}\n`);
});

test.each([
  ['--url', 'http://127.0.0.1:9'],
  ['--api-token', 'other'],
  ['--context', 'other'],
])('%s is refused beside a plan whose renewals all name their contexts, and not ignored', async (...flag) => {
  const server = await startForTest();
  const folder = tempFolder();
  const [config, plan] = [join(folder, 'config.yaml'), join(folder, 'plan.yaml')];
  writeFileSync(config, `contexts: [{ name: a, context: { url: '${server.url}', service-token: '${tokens.service}' } }]\n`, {
    mode: 0o600,
  });
  writeFileSync(plan, `renewals: [{ name: ci, context: a, key-file: '${folder}/k' }]\n`);

  const { code, stdout, stderr } = await runSts(['ingestion-api-key', 'renew', '--plan', plan, '--config', config, ...flag]);

  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  expect(stderr).toContain(`Each renewal of the plan names its context, so ${flag[0]} has nothing to work on.`);
  expect(server.requests).toEqual([]);
});

const six = (folder: string) =>
  `renewals:\n${[1, 2, 3, 4, 5, 6].map((n) => `  - name: ci-${n}\n    key-file: ${folder}/k${n}\n`).join('')}`;

test('of six renewals on one server a request that gets no response ends one, and not those beside it', async () => {
  const { server, renew } = await startPlan(six);
  server.setFault('create', { kind: 'stall' }, { times: 1 });

  const { code, stdout } = await renew('--timeout', '3s', '-o', 'json');

  expect(code).toBe(11);
  expect(jsonOf(stdout)).toMatchObject({ summary: { total: 6, renewed: 5, failed: 1 } });
  expect(server.keys()).toHaveLength(5);
});

test('a token from stdin is read once for all renewals of a plan, and a certificate that is not verified is warned of once', async () => {
  const server = await startForTest({ tls: true });
  const folder = tempFolder();
  const path = join(folder, 'plan.yaml');
  writeFileSync(path, six(folder));
  const flags = ['--url', server.url, '--service-token', '-', '--skip-ssl'];

  const { code, stderr } = await runSts(['ingestion-api-key', 'renew', '--plan', path, ...flags], {
    stdin: `${tokens.service}\n`,
  });

  expect(code).toBe(0);
  expect(server.keys()).toHaveLength(6);
  expect(stderr.match(/is not verified/g)).toHaveLength(1);
});
