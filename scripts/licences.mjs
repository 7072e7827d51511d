// The licences of what is bundled, in one text that ships with it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * @param {readonly string[]} files of the bundled modules, absolute paths.
 * @returns {string} a paragraph for each package among them: name, version, licence, and the licence's text.
 * @throws Error when a package tells no licence.
 */
export function licencesOf(files) {
  const folders = new Set(files.filter((file) => /[\\/]node_modules[\\/]/.test(file)).map(packageFolder));
  const paragraphs = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (typeof license !== 'string' || file === undefined) throw new Error(`The package ${name} comes without its licence.`);
    return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  });
  return `This program contains parts of the following packages.\n\n${paragraphs.join(`\n${'-'.repeat(80)}\n\n`)}`;
}

/** The nearest folder above with a named package; some packages have nameless ones inside. */
function packageFolder(file) {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name !== undefined) return folder;
    if (folder === dirname(folder)) throw new Error(`No package holds ${file}.`);
  }
}
