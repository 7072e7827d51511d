// The door of the program as one file: a Node with all its parts inside (scripts/executable.mjs).
import { loadFrom } from './load.ts';

// Declared by the types of a newer Node; here since 20.12.
interface Assets {
  getAsset(name: string, encoding: 'utf8'): string;
  getRawAsset(name: string): ArrayBuffer;
}

const assets = require('node:sea') as Assets;

loadFrom({
  text: (name) => assets.getAsset(name, 'utf8'),
  cache(name) {
    try {
      return Buffer.from(assets.getRawAsset(`code-cache/${name}`));
    } catch {
      // Hardly used parts have none.
      return undefined;
    }
  },
}).start();
