// Leaves out of the bundle what dependencies load for features this program does not use, and every start would pay for.
import { fileURLToPath } from 'node:url';

const nothing = 'module.exports = {};';
const noHelp = 'exports.Help = class {}; exports.stripColor = (text) => text;';
const assertion = `
const assert = (value, message) => { if (!value) throw message instanceof Error ? message : new Error(message || 'assertion failed'); };
assert.ok = assert;
assert.equal = assert.strictEqual = (a, b, message) => assert(a === b, message);
assert.notStrictEqual = (a, b, message) => assert(a !== b, message);
module.exports = assert;`;
/** @param {string} what */
const refuse = (what) => `module.exports = () => { throw new Error('${what} is left out of this program'); };`;

/** Which import of which package is replaced by what. */
const replacements = [
  // Only for commands that are programs of their own.
  { package: 'commander', id: 'node:child_process', code: nothing },
  // Help and what was meant are made from our own definitions.
  { package: 'commander', id: './lib/help.js', code: noHelp },
  { package: 'commander', id: './help.js', code: noHelp },
  { package: 'commander', id: './suggestSimilar', code: "exports.suggestSimilar = () => '';" },
  // Its largest header is given by us, and no IncomingMessage is ever sent on.
  { package: 'undici', id: 'node:http', code: 'module.exports = { maxHeaderSize: 16384, IncomingMessage: class {} };' },
  { package: 'undici', id: 'node:assert', code: assertion },
  { package: 'undici', id: './client-h2.js', code: refuse('HTTP/2') },
  // Our sockets are connected by ourselves.
  { package: 'undici', id: '../core/connect.js', code: refuse('Connecting by undici') },
  // Turns fetch's bodies into requests; ours are texts.
  { package: 'undici', id: '../web/fetch/body.js', code: nothing },
];

const simdless = fileURLToPath(new URL('../node_modules/undici/lib/llhttp/llhttp-wasm.js', import.meta.url));

/**
 * A bundler plugin.
 * @returns {import('rolldown').Plugin}
 * @throws Error at the end of the build when a replacement found nothing to replace: the dependency has changed.
 */
export function lean() {
  /** @type {Set<number>} */
  const used = new Set();
  return {
    name: 'lean',
    resolveId(id, importer = '') {
      const found = replacements.findIndex((entry) => entry.id === id && importer.includes(`/node_modules/${entry.package}/`));
      if (found >= 0) {
        used.add(found);
        return `\0lean-${found}.cjs`;
      }
      // The parser for processors without SIMD: a file of its own, which hardly anybody reads.
      return id === '../llhttp/llhttp-wasm.js' ? { id: './llhttp-wasm.cjs', external: true } : null;
    },
    load(id) {
      const found = /^\0lean-(\d+)\.cjs$/.exec(id);
      const replacement = found && replacements[Number(found[1])];
      return replacement ? { code: replacement.code } : null;
    },
    buildEnd(error) {
      const missed = replacements.filter((_, index) => !used.has(index));
      if (!error && missed.length > 0)
        throw new Error(`Nothing to replace: ${missed.map((entry) => `${entry.package} ${entry.id}`).join(', ')}`);
    },
  };
}

/** Files that must stand beside the bundle, by name. */
export const besides = { 'llhttp-wasm.cjs': simdless };
