// What is bundled, and under which licences.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { runtimes } from './runtimes.mjs';

const line = '-'.repeat(80);

/**
 * The licences of what is bundled, in one text that ships with it.
 * @param {readonly string[]} files of the bundled modules, absolute paths.
 * @returns {string} a paragraph for each package among them: name, version, licence, and the licence's text.
 * @throws Error when a package tells no licence.
 */
export function licencesOf(files) {
  const paragraphs = foldersOf(files).map((folder) => {
    const { name, version, license } = manifestIn(folder);
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (typeof license !== 'string' || file === undefined) throw new Error(`The package ${name} comes without its licence.`);
    return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  });
  return `This program contains parts of the following packages.\n\n${paragraphs.join(`\n${line}\n\n`)}`;
}

/** @returns {string} the same for the runtime inside an executable, to follow the other. */
export function runtimeLicence() {
  const { version } = runtimes;
  return `
${line}

Bun ${version} (MIT; it links JavaScriptCore, LGPL-2.0, and others)

Its licence and those of all that it links: https://github.com/oven-sh/bun/blob/bun-v${version}/LICENSE.md
The source of its JavaScriptCore: https://github.com/oven-sh/WebKit
To run this program on a JavaScriptCore of your own, build Bun with it, and give that Bun to this program's build:
the source of this program has all that this takes (scripts/executables.mjs).
`;
}

/**
 * @param {string} dist the folder of the built program.
 * @returns {string[]} the packages it has something of, `name@version`, from its source maps.
 */
export function packagesIn(dist) {
  const maps = readdirSync(dist).filter((name) => name.endsWith('.map'));
  const sources = maps.flatMap((name) => {
    /** @type {{ sources: string[] }} */
    const map = JSON.parse(readFileSync(join(dist, name), 'utf8'));
    return map.sources.map((source) => resolve(dist, source));
  });
  return foldersOf(sources).map((folder) => `${manifestIn(folder).name}@${manifestIn(folder).version}`);
}

/** The folders of the packages that files belong to, sorted. @param {readonly string[]} files */
function foldersOf(files) {
  return [...new Set(files.filter((file) => /[\\/]node_modules[\\/]/.test(file)).map(packageFolder))].sort();
}

/** The nearest folder above with a named package; some packages have nameless ones inside. @param {string} file */
function packageFolder(file) {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json')) && manifestIn(folder).name !== undefined) return folder;
    if (folder === dirname(folder)) throw new Error(`No package holds ${file}.`);
  }
}

/** @param {string} folder @returns {{ name: string, version: string, license?: unknown }} */
function manifestIn(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}
