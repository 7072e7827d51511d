// Which modules of src are loaded together: those that a module imports, and what they import in turn.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** An import that is there at run time, as the formatter writes it: of a type alone it is none, and a dynamic one is a part of its own. */
const imports = /^(?:import|export) (?!type )[^;]*?from '(\.{1,2}\/[^']+\.ts)';/gm;

/**
 * @param {readonly string[]} entries absolute paths of modules.
 * @returns {Set<string>} absolute paths of the modules that are loaded with them, themselves included.
 */
export function reachOf(...entries) {
  const found = new Set();
  const queue = [...entries];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    for (const [, target = ''] of readFileSync(path, 'utf8').matchAll(imports)) queue.push(resolve(dirname(path), target));
  }
  return found;
}
