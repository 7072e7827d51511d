import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { isInstalled } from '../e2e/shell.ts';
import { tempFolder } from '../support/temp.ts';

const folder = fileURLToPath(new URL('../../examples/', import.meta.url));
const read = (name: string) => readFileSync(folder + name, 'utf8');

/** The settings of a systemd unit, by section and name. */
function unit(name: string): Record<string, Record<string, string>> {
  const sections: Record<string, Record<string, string>> = {};
  let section: Record<string, string> = {};
  for (const line of read(`systemd/${name}`).split('\n')) {
    const [, title] = /^\[(\w+)\]$/.exec(line) ?? [];
    if (title !== undefined) {
      section = {};
      sections[title] = section;
    }
    const [, key, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) section[key] = value;
    expect(line === '' || line.startsWith('#') || title !== undefined || key !== undefined, line).toBe(true);
  }
  return sections;
}

test('the systemd service runs to its end, and may write where the key file is and nowhere else', () => {
  const { Service } = unit('sts-renew.service');
  expect(Service).toMatchObject({ Type: 'oneshot', ProtectSystem: 'strict', NoNewPrivileges: 'yes' });
  const [, file = ''] = /--key-file (\S+)/.exec(Service?.['ExecStart'] ?? '') ?? [];
  expect(file.startsWith(`${Service?.['ReadWritePaths']}/`)).toBe(true);
  // A wait would keep the service running: the next run deletes the old key.
  expect(Service?.['ExecStart']).toContain('--no-wait');
});

test('the systemd timer starts the service every night', () => {
  const { Timer, Install } = unit('sts-renew.timer');
  expect(Timer).toMatchObject({ OnCalendar: 'daily', Persistent: 'yes' });
  expect(Install).toEqual({ WantedBy: 'timers.target' });
});

test.skipIf(!isInstalled('systemd-analyze'))('systemd finds no fault with the units (needs systemd-analyze)', () => {
  const copy = tempFolder();
  for (const name of ['sts-renew.service', 'sts-renew.timer']) copyFileSync(`${folder}systemd/${name}`, join(copy, name));
  // The program need not be installed on the machine that runs the tests.
  const service = read('systemd/sts-renew.service').replace('/usr/local/bin/sts', '/bin/true');
  execFileSync('sh', ['-c', 'cat > "$1"', 'sh', join(copy, 'sts-renew.service')], { input: service });
  const output = execFileSync('sh', ['-c', 'systemd-analyze verify "$1" 2>&1', 'sh', join(copy, 'sts-renew.timer')], {
    encoding: 'utf8',
  });
  expect(output).toBe('');
});

test('the cron line has a time, a user and a command, and no percent sign, which cron takes for a newline', () => {
  const lines = read('cron/sts-renew')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  expect(lines).toEqual([
    expect.stringMatching(/^PATH=\S+$/),
    expect.stringMatching(/^[0-5]?\d [01]?\d \* \* \* root sts ingestion-api-key renew [^%]*$/),
  ]);
});
