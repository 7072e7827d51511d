import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { builtProgram, runBuilt, testOfTheBuild as test } from '../support/built.ts';
import { tempFolder } from '../support/temp.ts';

const root = dirname(dirname(builtProgram));
const cachePath = join('dist', 'code-cache', `${process.version}-${process.platform}-${process.arch}`);

/** Ways to damage a file; `at` is where, from 0 to 1. */
const damages: Readonly<Record<string, (data: Buffer, at: number) => Buffer>> = {
  'with a bit flipped': (data, at) => {
    const position = Math.floor(at * (data.length - 1));
    return change(data, position, Buffer.of((data[position] ?? 0) ^ (1 << (position % 8))));
  },
  'with a page of zeros': (data, at) => change(data, Math.floor((at * (data.length - 4096)) / 4096) * 4096, Buffer.alloc(4096)),
  'with zeros to its end': (data, at) =>
    change(data, Math.floor(at * data.length), Buffer.alloc(Math.ceil((1 - at) * data.length))),
  'that was cut short': (data, at) => data.subarray(0, Math.floor(at * data.length)),
};

function change(data: Buffer, position: number, by: Buffer): Buffer {
  return Buffer.concat([data.subarray(0, position), by, data.subarray(position + by.length)]);
}

const positions = 24;

test.each(Object.entries(damages))('a code cache %s is not used', { timeout: 120_000 }, async (_, damage) => {
  const [sound, copies] = [readFileSync(join(root, cachePath, 'main.cjs')), tempFolder()];
  const expected = await runBuilt(['--help']);
  expect(expected).toMatchObject({ code: 0, stderr: '' });
  // Two at a time: that many cores a small machine has.
  const lane = async (first: number) => {
    const folder = join(copies, String(first));
    mkdirSync(folder);
    for (const name of ['bin', 'dist', 'package.json']) cpSync(join(root, name), join(folder, name), { recursive: true });
    const hook = join(folder, 'hook.cjs');
    const taken = `require(${JSON.stringify(join(folder, 'dist', 'load.cjs'))}).loadedParts().get('main.cjs')`;
    writeFileSync(
      hook,
      `process.on('exit', () => { if (${taken}) require('node:fs').writeSync(2, 'the damaged cache was taken'); });`,
    );
    for (let point = first; point < positions; point += 2) {
      writeFileSync(join(folder, cachePath, 'main.cjs'), damage(sound, point / positions));
      const nodeArguments = ['--require', hook];
      const result = await runBuilt(['--help'], { program: join(folder, 'bin', 'sts.js'), nodeArguments });
      expect(result, `position ${point} of ${positions}`).toEqual(expected);
    }
  };
  await Promise.all([lane(0), lane(1)]);
  rmSync(copies, { recursive: true });
});

test('a sound code cache is used', async () => {
  const hook = join(tempFolder(), 'hook.cjs');
  const taken = `require(${JSON.stringify(join(root, 'dist', 'load.cjs'))}).loadedParts().get('main.cjs')`;
  writeFileSync(hook, `process.on('exit', () => require('node:fs').writeSync(2, String(${taken})));`);
  expect(await runBuilt(['--help'], { nodeArguments: ['--require', hook] })).toMatchObject({ code: 0, stderr: 'true' });
});
