import { describe, expect, test } from 'vitest';
import { NotFoundError } from '../../src/errors.ts';
import { testTime } from '../support/stackstate.ts';
import { testClock } from '../support/test-clock.ts';
import { kindCases } from './kinds.ts';

// What every kind of credential promises.

describe.each(kindCases)('$title', ({ start, common }) => {
  async function begin() {
    const clock = testClock(testTime);
    return { clock, ...(await start(clock)) };
  }
  const wanted = { name: 'ci', ...common };

  test('what is created is listed, under the name and the end that were asked for', async () => {
    const { kind, living } = await begin();
    const expiration = BigInt(testTime + 86_400_000);
    const issued = await kind.create({ ...wanted, expiration });
    expect(issued).toMatchObject({ name: 'ci', expiration });
    expect(issued.secret).not.toBe('');
    expect(issued.id === undefined).toBe(kind.listTellsId);
    const { credentials, rejected } = await kind.list();
    expect(rejected).toEqual([]);
    expect(credentials).toMatchObject([{ name: 'ci', expiration }]);
    expect(credentials[0]?.id).toBe(living('ci')[0]?.id);
    expect(JSON.stringify(credentials, (_, value: unknown) => String(value))).not.toContain(issued.secret);
  });

  test('the list tells the clock of the server', async () => {
    const { kind, clock } = await begin();
    clock.advance(3_600_000);
    clock.jump(1_000_000);
    expect((await kind.list()).serverTime).toBe(testTime + 3_600_000);
  });

  test('a secret is valid for as long as its credential lives', async () => {
    const { kind, living } = await begin();
    const { secret } = await kind.create(wanted);
    expect(await kind.verify(secret)).toBe('valid');
    await kind.delete(living('ci')[0]?.id ?? 0n);
    expect(await kind.verify(secret)).toBe('invalid');
    expect(await kind.verify('nobody-made-this')).toBe('invalid');
  });

  test('what is deleted is gone, and cannot be deleted twice', async () => {
    const { kind, living, seed } = await begin();
    const { id } = seed({ name: 'ci' });
    const other = seed({ name: 'ci' });
    await kind.delete(id);
    expect(living('ci').map((credential) => credential.id)).toEqual([other.id]);
    await expect(kind.delete(id)).rejects.toBeInstanceOf(NotFoundError);
  });

  test('two of one name can live at the same time', async () => {
    const { kind } = await begin();
    await kind.create(wanted);
    await kind.create(wanted);
    const { credentials } = await kind.list();
    expect(new Set(credentials.map(({ id }) => id)).size).toBe(2);
  });

  test('a request that was aborted before it left is not sent', async () => {
    const { kind, living } = await begin();
    const signal = AbortSignal.abort(new Error('stop'));
    // A kind in memory sends no request.
    if (kind.server.startsWith('memory')) return;
    await expect(kind.create(wanted, { signal })).rejects.toThrow('stop');
    await expect(kind.list({ signal })).rejects.toThrow('stop');
    expect(living('ci')).toEqual([]);
  });

  test('it says what it is called', async () => {
    const { kind } = await begin();
    const { command, noun, aNoun, title, short } = kind.words;
    expect(command).toMatch(/^[a-z-]+$/);
    expect(aNoun).toMatch(new RegExp(`^an? ${noun}$`));
    expect(title.toLowerCase()).toBe(noun.toLowerCase());
    expect(noun).toContain(short);
  });
});
