import { saveContext } from '../../src/config/write.ts';

// Saves one context: PATH NAME. Started as a process by write.test.ts.
const [path = '', name = ''] = process.argv.slice(2);
saveContext(path, name, { url: `https://${name}.example.com`, apiToken: name }, () => undefined).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
