import { createServer } from 'node:net';
import { lockFile } from '../../src/platform/lock.ts';

// Takes the lock of PATH and keeps it; beside it stands a socket like that of a process that was killed while it took a lock.
// Ends in 1 where another one has it. Started as a process by lock.test.ts.
const [path = ''] = process.argv.slice(2);
lockFile(path).then((lock) => {
  if (lock === undefined) process.exit(1);
  createServer().listen(path.replace(/[^/]+$/, '.$&.sts-lock-0123456789ab'), () => process.stdout.write('locked'));
});
setInterval(() => {}, 1000);
