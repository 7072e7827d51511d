import { saveContext } from '../../src/config/write.ts';

// Saves one context: PATH NAME, and prints the warnings. Started as a process by write.test.ts.
const [path = '', name = ''] = process.argv.slice(2);
const warn = (line: string) => void process.stdout.write(`${line}\n`);
saveContext(path, name, { url: `https://${name}.example.com`, apiToken: name }, warn).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
