import { describe, expect, test } from 'vitest';
import { rotate } from '../../src/credentials/rotate.ts';
import { annotations } from '../../src/destinations/secret-journal.ts';
import { kubernetesClient, secretFor, secretId } from '../contracts/destinations.ts';
import type { Rule } from '../kubernetes/server.ts';
import { type Hook, isAt } from '../support/interception.ts';
import { isRealChange, name, namespace, type SecretWorld, startSecretWorld } from './secret-support.ts';
import { failureOf, meanwhile, plan } from './support.ts';

const secretPath = `/api/v1/namespaces/${namespace}/secrets/${name}`;

describe('rotate', () => {
  test('leaves one key of the name, the Secret holds it, and no journal is left', async () => {
    const world = await startSecretWorld();
    world.seedHeld();
    const { issued, fate } = await world.rotate();
    expect(fate).toBe('deleted');
    expect(world.destination.held()).toBe(issued.secret);
    world.expectHealed();
  });

  test('changes the Secret three times: the journal, the key together with the journal, the journal away', async () => {
    const world = await startSecretWorld();
    world.seedHeld();
    await world.rotate();
    expect(world.changes()).toEqual(Array(3).fill(`PATCH ${secretPath}`));
  });

  test('keeps fields, labels, annotations and type, and says what helps people', async () => {
    const world = await startSecretWorld({ choices: { field: 'API_KEY' } });
    const { id, secret } = world.credentials.seed({ name: 'ci', expiration: BigInt(world.clock.now() + 1000) });
    world.kubernetes.seedSecret({
      ...secretId,
      fields: { API_KEY: secret, OTHER: 'x' },
      labels: { app: 'otel' },
      annotations: { 'example.com/note': 'y' },
    });
    const { issued } = await world.rotate();
    expect(issued.id).not.toBe(id);
    const found = world.kubernetes.secret(namespace, name);
    expect(world.kubernetes.field(namespace, name, 'OTHER')).toBe('x');
    expect(found).toMatchObject({ type: 'Opaque', metadata: { labels: { app: 'otel' } } });
    expect(found?.metadata.annotations).toMatchObject({
      'example.com/note': 'y',
      [annotations.id]: String(issued.id),
      [annotations.expires]: new Date(Number(issued.expiration)).toISOString(),
    });
  });

  test('no annotation and no message ever holds a secret', async () => {
    const world = await startSecretWorld();
    world.seedHeld();
    const seen: string[] = [];
    const hook = () => void seen.push(JSON.stringify(world.kubernetes.secret(namespace, name)?.metadata));
    await world.rotate({}, { hook });
    const secrets = world.stackState.store.history.map(({ apiKey }) => apiKey);
    for (const secret of secrets) expect(seen.join()).not.toContain(secret);
  });

  test('refuses a missing Secret before anything is created', async () => {
    const world = await startSecretWorld();
    world.credentials.seed({ name: 'ci' });
    const failure = await failureOf(world.rotate());
    expect(failure).toMatchObject({ exitCode: 6, message: `There is no Secret ${namespace}/${name}. Nothing was created.` });
    expect([world.stackState.count('create'), world.changes()]).toEqual([0, []]);
  });
});

describe('create', () => {
  test('makes a missing Secret', async () => {
    const world = await startSecretWorld();
    const { issued } = await world.create();
    expect(world.destination.held()).toBe(issued.secret);
    expect(world.kubernetes.secret(namespace, name)?.type).toBe('Opaque');
    world.expectHealed();
  });

  test('takes a Secret that it made away again where the key does not come', async () => {
    const world = await startSecretWorld();
    world.stackState.setFault('create', { kind: 'status', status: 400 });
    await expect(world.create()).rejects.toMatchObject({ exitCode: 2 });
    expect(world.kubernetes.secret(namespace, name)).toBeUndefined();
  });

  test('leaves an empty Secret where it may not delete, and fills it the next time', async () => {
    const world = await startSecretWorld();
    const rules: Rule[] = [{ verbs: ['get', 'create', 'patch'], resources: ['secrets'] }];
    const token = world.kubernetes.serviceAccount(namespace, 'sts', rules);
    const client = kubernetesClient(world.kubernetes, world.clock, token);
    world.stackState.setFault('create', { kind: 'status', status: 400 }, { times: 1 });
    await expect(world.create({}, { destination: secretFor(client, { isReplaced: false }) })).rejects.toMatchObject({
      exitCode: 2,
    });
    expect(world.kubernetes.secret(namespace, name)?.data).toBeUndefined();
    expect(world.destination.leftovers()).toEqual([annotations.created]);
    await world.create({}, { destination: secretFor(client, { isReplaced: false }) });
    world.expectHealed();
  });

  test('puts no key over one that may be in use', async () => {
    const world = await startSecretWorld();
    world.seedHeld();
    const failure = await failureOf(world.create());
    expect(failure).toMatchObject({ exitCode: 3, message: expect.stringContaining('holds a key already. Nothing was created.') });
    expect(world.stackState.count('create')).toBe(0);
    await world.create({}, { destination: world.secret({ isReplaced: false, force: true, mayCreate: true }) });
    expect(world.secretsNamed('ci')).toHaveLength(2);
  });

  test('a key that somebody puts there meanwhile is not overwritten', async () => {
    const world = await startSecretWorld();
    const hook = (moment: Parameters<typeof isAt>[0]) => {
      if (isAt(moment, 'after kind.create')) {
        world.kubernetes.changeSecret(namespace, name, { data: { API_KEY: Buffer.from('by-hand').toString('base64') } });
      }
    };
    const failure = await failureOf(world.create({}, { hook }));
    expect(failure).toMatchObject({ exitCode: 6 });
    expect(world.destination.held()).toBe('by-hand');
    expect(world.secretsNamed('ci')).toEqual([]);
  });
});

describe('fields', () => {
  test('the only field is taken, whatever its name', async () => {
    for (const field of ['sts-api-key', 'token.txt', '.key', 'A']) {
      const world = await startSecretWorld({ choices: {} });
      const { secret } = world.credentials.seed({ name: 'ci' });
      world.kubernetes.seedSecret({ ...secretId, fields: { [field]: secret } });
      const { issued } = await world.rotate();
      expect(world.kubernetes.secret(namespace, name)?.data).toEqual({ [field]: Buffer.from(issued.secret).toString('base64') });
    }
  });

  test('of several the one that was named is changed, and the others are kept', async () => {
    const world = await startSecretWorld({ choices: { field: 'sts-api-key' } });
    const { secret } = world.credentials.seed({ name: 'ci' });
    world.kubernetes.seedSecret({ ...secretId, fields: { 'sts-api-key': secret, 'ca.crt': 'x' } });
    const { issued } = await world.rotate();
    expect(world.kubernetes.field(namespace, name, 'sts-api-key')).toBe(issued.secret);
    expect(world.kubernetes.field(namespace, name, 'ca.crt')).toBe('x');
  });

  test.each([
    [{ a: 'x', b: 'iapikeyok-abc' }, '--key-var b'],
    [{ a: 'x', b: 'y' }, '--key-var NAME'],
  ])('%o: the hint names a field that looks like a key, and no other', async (fields, flag) => {
    const world = await startSecretWorld();
    world.credentials.seed({ name: 'ci' });
    world.kubernetes.seedSecret({ ...secretId, fields });
    const failure = await failureOf(world.rotate());
    expect(failure.hints[0]).toBe(`Name the one that holds the key: ${flag}`);
  });

  test.each([
    [{ a: 'x', b: 'y' }, undefined, 3, 'has 2 fields'],
    [{ a: 'x' }, 'b', 3, 'has no field b'],
    [{}, undefined, 6, 'it has no fields'],
    [{ API_KEY: '' }, undefined, 6, 'it is empty'],
    [{ 'ca.crt': '-----BEGIN CERTIFICATE-----\nabc\n' }, undefined, 6, 'line break'],
  ] as const)('%o with --key-var %s is refused before anything is created', async (fields, field, exitCode, reason) => {
    const world = await startSecretWorld();
    world.credentials.seed({ name: 'ci' });
    world.kubernetes.seedSecret({ ...secretId, fields });
    const destination = world.secret(field === undefined ? {} : { field });
    const failure = await failureOf(world.rotate({}, { destination }));
    expect(failure).toMatchObject({ exitCode, message: expect.stringContaining(reason) });
    expect(failure.message).toContain('Nothing was created.');
    expect([world.stackState.count('create'), world.changes()]).toEqual([0, []]);
  });

  test('a newline at the end of a field is no part of the key', async () => {
    const world = await startSecretWorld();
    const { secret } = world.credentials.seed({ name: 'ci' });
    world.kubernetes.seedSecret({ ...secretId, fields: { API_KEY: `${secret}\n` } });
    expect(await world.secret({}).current()).toBe(secret);
    await world.rotate();
    expect(world.secretsNamed('ci')).toEqual([world.destination.held()]);
  });
});

describe('what cannot be changed is refused before anything is created', () => {
  test.each([
    ['immutable', { immutable: true }, 'is immutable'],
    [
      'of another type',
      { type: 'kubernetes.io/dockerconfigjson', fields: { '.dockerconfigjson': '{}' } },
      'has the type kubernetes.io/dockerconfigjson',
    ],
  ] as const)('a Secret that is %s', async (_what, seeded, reason) => {
    const world = await startSecretWorld();
    const { secret } = world.credentials.seed({ name: 'ci' });
    world.kubernetes.seedSecret({ ...secretId, fields: { API_KEY: secret }, ...seeded });
    const failure = await failureOf(world.rotate());
    expect(failure).toMatchObject({ exitCode: 6, message: expect.stringContaining(reason) });
    expect(failure.message).toMatch(/Nothing was created\.$/);
    expect([world.stackState.count('create'), world.changes()]).toEqual([0, []]);
  });

  test('a namespace that is missing', async () => {
    const world = await startSecretWorld();
    world.credentials.seed({ name: 'ci' });
    const id = { namespace: 'nowhere', name: 'otel' };
    for (const work of [
      () => world.rotate({}, { destination: world.secret({ id }) }),
      () => world.create({}, { destination: world.secret({ id, isReplaced: false, mayCreate: true }) }),
    ]) {
      const failure = await failureOf(work());
      expect(failure).toMatchObject({ exitCode: 6, message: 'There is no namespace nowhere. Nothing was created.' });
    }
    expect([world.stackState.count('create'), world.changes()]).toEqual([0, []]);
  });

  const all: readonly Rule[] = [
    { verbs: ['get', 'patch'], resources: ['secrets'], resourceNames: [name] },
    { verbs: ['get', 'patch'], resources: ['deployments'], resourceNames: ['collector'] },
    { verbs: ['list'], resources: ['pods'] },
  ];
  const without = (resource: string, verb: string) =>
    all.map((rule) => (rule.resources.includes(resource) ? { ...rule, verbs: rule.verbs.filter((one) => one !== verb) } : rule));

  test.each([
    ['get', 'secrets'],
    ['patch', 'secrets'],
    ['get', 'deployments'],
    ['patch', 'deployments'],
  ])('RBAC without %s of %s: the message names both', async (verb, resource) => {
    const world = await startSecretWorld();
    world.seedHeld();
    world.kubernetes.seedWorkload('deployment', { namespace, name: 'collector' });
    const token = world.kubernetes.serviceAccount(namespace, 'sts', without(resource, verb));
    const restart = [{ kind: 'deployment', namespace, name: 'collector' }] as const;
    const destination = secretFor(kubernetesClient(world.kubernetes, world.clock, token), { restart });
    const failure = await failureOf(world.rotate({}, { destination }));
    expect(failure).toMatchObject({ exitCode: 2, message: expect.stringContaining('Nothing was created.') });
    expect(`${failure.message} ${failure.hints}`).toMatch(new RegExp(`resources: \\["${resource}"\\].*verbs: \\["${verb}"\\]`));
    expect([world.stackState.count('create'), world.changes()]).toEqual([0, []]);
  });

  test('RBAC with just what is needed is enough', async () => {
    const world = await startSecretWorld();
    world.seedHeld();
    world.kubernetes.seedWorkload('deployment', { namespace, name: 'collector' });
    const token = world.kubernetes.serviceAccount(namespace, 'sts', all);
    const restart = [{ kind: 'deployment', namespace, name: 'collector' }] as const;
    await world.rotate({}, { destination: secretFor(kubernetesClient(world.kubernetes, world.clock, token), { restart }) });
    world.expectHealed();
  });

  test.each([['create'], ['patch']])('create without the right to %s Secrets', async (verb) => {
    const world = await startSecretWorld();
    const verbs = ['get', 'create', 'patch'].filter((one) => one !== verb);
    const token = world.kubernetes.serviceAccount(namespace, 'sts', [{ verbs, resources: ['secrets'] }]);
    const client = kubernetesClient(world.kubernetes, world.clock, token);
    const failure = await failureOf(world.create({}, { destination: secretFor(client, { isReplaced: false }) }));
    expect(failure).toMatchObject({ exitCode: 2, message: expect.stringContaining('Nothing was created.') });
    expect(String(failure.hints)).toContain(`verbs: ["${verb}"]`);
    expect([world.stackState.count('create'), world.changes()]).toEqual([0, []]);
  });
});

describe('others who change the Secret', () => {
  test('a label that somebody changes before each of our writes costs nothing, and is kept', async () => {
    const world = await startSecretWorld();
    world.seedHeld();
    let attempts = 0;
    const hook = (moment: Parameters<typeof isAt>[0]) => {
      if (!isAt(moment, 'before secrets.patch') || attempts++ % 2 === 1) return;
      world.kubernetes.changeSecret(namespace, name, { metadata: { labels: { touched: String(attempts) } } });
    };
    await world.rotate({}, { hook });
    expect(attempts).toBe(6);
    world.expectHealed();
    expect(world.kubernetes.secret(namespace, name)?.metadata.labels).toEqual({ touched: '5' });
  });

  test('somebody who changes it again and again keeps a key from being delivered: it is deleted again', async () => {
    const world = await startSecretWorld();
    world.seedHeld();
    const before = world.destination.held();
    let touched = 0;
    const hook = (moment: Parameters<typeof isAt>[0]) => {
      if (!isAt(moment, 'before secrets.patch') || world.stackState.count('authorize') === 0 || touched === 10) return;
      world.kubernetes.changeSecret(namespace, name, { metadata: { labels: { touched: String(touched++) } } });
    };
    const failure = await failureOf(world.rotate({}, { hook }));
    expect(failure).toMatchObject({ exitCode: 6, message: expect.stringContaining('The new key was deleted again.') });
    expect(touched).toBe(10);
    expect(world.destination.held()).toBe(before);
    world.expectHealed();
  });

  test('who is known to write the old key back is said', async () => {
    const world = await startSecretWorld();
    const { secret } = world.credentials.seed({ name: 'ci' });
    world.kubernetes.seedSecret({ ...secretId, fields: { API_KEY: secret }, labels: { 'app.kubernetes.io/managed-by': 'Helm' } });
    await world.rotate();
    expect(world.warnings).toEqual([expect.stringContaining('is also written by Helm')]);
  });

  test('the old value put back after the delivery keeps the old key', async () => {
    const world = await startSecretWorld();
    const oldId = world.seedHeld();
    const before = world.destination.held() ?? '';
    const report = ({ kind }: { readonly kind: string }) => {
      if (kind === 'keeping') {
        world.kubernetes.changeSecret(namespace, name, { data: { API_KEY: Buffer.from(before).toString('base64') } }, 'helm');
      }
    };
    const failure = await failureOf(world.rotate({ afterMs: 2000 }, { report }));
    expect(failure).toMatchObject({ exitCode: 6, message: expect.stringContaining(`the old key ${oldId} was not deleted`) });
    expect(world.credentials.isLive(world.destination.held() ?? '')).toBe(true);
    expect(world.destination.leftovers()).toEqual([]);
  });
});

describe('responses of the API server that are lost', () => {
  test.each(['run', 'skip'] as const)(
    'of each of our writes (the server: %s): nothing is lost, nothing is done twice',
    async (handler) => {
      for (let write = 0; write < 3; write++) {
        const world = await startSecretWorld();
        world.seedHeld();
        for (const fault of [{ kind: 'reset', handler } as const, { kind: 'status', status: 500, handler } as const]) {
          const creations = world.stackState.count('create');
          world.kubernetes.setFault('secret-patch', fault, { skip: write, times: 1, when: isRealChange });
          await world.rotate();
          world.expectHealed(`write ${write}, ${fault.kind}`);
          expect(world.stackState.count('create')).toBe(creations + 1);
        }
      }
    },
  );

  test.each(['run', 'skip'] as const)(
    'of the delivery, and then no word at all (the server: %s): the outcome is unknown, nothing is deleted',
    async (handler) => {
      const world = await startSecretWorld();
      world.seedHeld();
      const hook = (moment: Parameters<typeof isAt>[0]) => {
        if (!isAt(moment, 'before secrets.patch') || world.stackState.count('create') === 0) return;
        world.kubernetes.setFault('secret-patch', { kind: 'reset', handler }, { times: 1 });
        world.kubernetes.setFault('secret-get', { kind: 'reset' });
      };
      const failure = await failureOf(world.rotate({}, { hook }));
      expect(failure).toMatchObject({ exitCode: 11 });
      expect(world.stackState.count('delete')).toBe(0);
      expect(world.secretsNamed('ci')).toHaveLength(2);
      world.kubernetes.clearFaults();
      await world.rotate();
      world.expectHealed();
    },
  );

  test('of the delivery, again and again: the outcome is unknown, nothing is deleted', async () => {
    const world = await startSecretWorld();
    world.seedHeld();
    const hook = (moment: Parameters<typeof isAt>[0]) => {
      if (!isAt(moment, 'before secrets.patch') || world.stackState.count('create') === 0) return;
      world.kubernetes.setFault('secret-patch', { kind: 'reset' });
    };
    expect(await failureOf(world.rotate({}, { hook }))).toMatchObject({ exitCode: 11 });
    expect(world.stackState.count('delete')).toBe(0);
    world.kubernetes.clearFaults();
    await world.rotate();
    world.expectHealed();
  });

  test('a refused delivery deletes the key again', async () => {
    const world = await startSecretWorld();
    world.seedHeld();
    const before = world.destination.held();
    const refusing = meanwhile('after kind.verify', () => {
      world.kubernetes.setFault('secret-patch', { kind: 'status', status: 403, body: forbidden }, { times: 1 });
    });
    const failure = await failureOf(world.rotate({}, refusing));
    expect(refusing.happened()).toBe(true);
    expect(failure).toMatchObject({ exitCode: 6, message: expect.stringContaining('The new key was deleted again.') });
    expect(world.destination.held()).toBe(before);
    world.expectHealed();
  });
});

const forbidden = JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Forbidden', code: 403 });

describe('two and more at a time', () => {
  test('a run that finds the journal of another one claims it; the other one stops and deletes only its own', async () => {
    for (const at of ['before kind.create', 'after kind.create', 'before kind.verify', 'after kind.verify']) {
      const world = await startSecretWorld();
      world.seedHeld();
      let second: Promise<unknown> | undefined;
      const hook = async (moment: Parameters<typeof isAt>[0]) => {
        if (second !== undefined || !isAt(moment, at)) return;
        second = world.rotate();
        await second;
      };
      const failure = await failureOf(world.rotate({}, { hook }));
      expect(failure, at).toMatchObject({ exitCode: expect.any(Number) });
      world.expectHealed(at);
    }
  });

  test('a run that another one has overtaken between its first look and its claim makes nothing', async () => {
    const world = await startSecretWorld();
    world.seedHeld();
    const overtaken = meanwhile('before secrets.patch', () => world.rotate());
    let hasLooked = false;
    // The first change is a dry run, before it has looked.
    const hook: Hook = (moment) => {
      hasLooked ||= isAt(moment, 'after kind.list');
      if (hasLooked) return overtaken.hook(moment);
    };
    const failure = await failureOf(world.rotate({}, { hook }));
    expect(overtaken.happened()).toBe(true);
    expect(failure).toMatchObject({ exitCode: 6, message: expect.stringContaining('Nothing was created.') });
    expect(world.stackState.count('create')).toBe(1);
    world.expectHealed();
  });

  test('of twenty at once one key lives in the end, and no reader ever sees one that is refused', {
    timeout: 60_000,
  }, async () => {
    const world = await startSecretWorld();
    world.seedHeld();
    const runs = Array.from({ length: 20 }, () =>
      world.on((run) => rotate(run, plan), { interrupt: new AbortController().signal }),
    );
    const ended = await Promise.allSettled(runs);
    const failures = ended.flatMap((one) => (one.status === 'rejected' ? [one.reason as Error] : []));
    for (const failure of failures) expect(failure).toHaveProperty('exitCode');
    // One run more, where the last ones have taken the journal from each other.
    await world.rotate();
    world.expectHealed();
  });
});

describe('restarts', () => {
  const restart = [{ kind: 'deployment', namespace, name: 'collector' }] as const;
  const workload = (world: SecretWorld) => world.kubernetes.workload('deployment', namespace, 'collector');

  async function begin(seeded: object = {}): Promise<SecretWorld> {
    const world = await startSecretWorld({ choices: { restart } });
    world.seedHeld();
    world.kubernetes.seedWorkload('deployment', { namespace, name: 'collector', ...seeded });
    return world;
  }

  test('the readers get the new key before the old one goes', async () => {
    const world = await begin({ rollout: { unit: 'reads', observed: 1, ready: 3, gone: 5 } });
    const { issued } = await world.rotate();
    expect(workload(world)['spec']).toMatchObject({
      template: { metadata: { annotations: { 'sts.stackstate.com/restarted-for-otel': String(issued.id) } } },
    });
    world.expectHealed();
  });

  test.each([
    ['paused', { spec: { paused: true } }, 'its rollouts are paused'],
    ['OnDelete', { spec: { strategy: { type: 'OnDelete' } } }, 'its update strategy is OnDelete'],
  ] as const)('one that would never roll (%s) is refused before anything is created', async (_what, seeded, reason) => {
    const world = await begin(seeded);
    const failure = await failureOf(world.rotate());
    expect(failure).toMatchObject({ exitCode: 6, message: expect.stringContaining(reason) });
    expect([world.stackState.count('create'), world.changes()]).toEqual([0, []]);
  });

  test('one that is missing is refused before anything is created', async () => {
    const world = await startSecretWorld({ choices: { restart } });
    world.seedHeld();
    const failure = await failureOf(world.rotate());
    expect(failure.message).toMatch(/There is no Deployment monitoring\/collector.* Nothing was created\./);
    expect([world.stackState.count('create'), world.changes()]).toEqual([0, []]);
  });

  test('one that does not get ready in time: exit 13, both keys live, and the next run goes on without a second restart', async () => {
    const world = await begin({ rollout: { unit: 'ms', observed: 0, ready: 150_000, gone: 150_000 } });
    const oldId = world.credentials.living('ci')[0]?.id;
    const failure = await failureOf(world.rotate());
    expect(failure).toMatchObject({ exitCode: 13, message: expect.stringContaining(`the old key ${oldId} was not deleted`) });
    expect(String(failure.hints)).toContain('renew --name ci --kubernetes-secret monitoring/otel --restart deployment/collector');
    expect(world.secretsNamed('ci')).toHaveLength(2);
    const restarts = () => world.changes().filter((change) => change.includes('deployments')).length;
    expect(restarts()).toBe(1);

    expect(await failureOf(world.rotate())).toMatchObject({ exitCode: 13 });
    expect(restarts()).toBe(1);
    expect(world.stackState.count('create')).toBe(1);

    // The third one sees it ready, and then begins a rotation of its own.
    expect(await failureOf(world.rotate())).toMatchObject({ exitCode: 13 });
    expect(world.events).toContainEqual(expect.objectContaining({ kind: 'finished', deleted: true }));
    expect([world.stackState.count('create'), restarts()]).toEqual([2, 2]);
    expect(world.secretsNamed('ci')).toHaveLength(2);
    expect(world.refused).toEqual([]);
  });

  test('a run without --restart after one whose restart was not done waits for that restart, which the journal remembers', async () => {
    const world = await begin({ rollout: { unit: 'ms', observed: 0, ready: 90_000, gone: 90_000 } });
    const [old] = world.credentials.living('ci');
    await failureOf(world.rotate());
    const before = world.changes().length;

    // Without --restart of its own: it waits for the earlier run's, and then deletes that run's old key.
    const destination = world.secret({ restart: [] });
    await world.rotate({ afterMs: 0 }, { destination });
    expect(world.events).toContainEqual(
      expect.objectContaining({ kind: 'finished', old: expect.objectContaining({ id: old?.id }) }),
    );
    expect(
      world
        .changes()
        .slice(before)
        .filter((change) => change.includes('deployments')),
    ).toEqual([]);
    expect(world.refused).toEqual([]);
    world.expectHealed();
  });

  test('killed before its restart, a rotation is finished with that restart by a run that names none', async () => {
    const world = await begin();
    await world.killed('before workloads.annotatePods');
    const made = world.credentials.living('ci').at(-1)?.id;
    await world.rotate({ afterMs: 0 }, { destination: world.secret({ restart: [] }) });
    expect(world.events).toContainEqual(expect.objectContaining({ kind: 'finished', newId: made, deleted: true }));
    expect(workload(world)['spec']).toMatchObject({
      template: { metadata: { annotations: { 'sts.stackstate.com/restarted-for-otel': String(made) } } },
    });
    world.expectHealed();
  });

  test('a workload that an earlier run was to restart, and that is gone by now, keeps nothing from its end', async () => {
    const world = await begin({ rollout: { unit: 'reads', observed: 0, ready: 'never', gone: 'never' } });
    await failureOf(world.rotate());
    world.kubernetes.removeWorkload('deployment', namespace, 'collector');
    await world.rotate({ afterMs: 0 }, { destination: world.secret({ restart: [] }) });
    expect(String(world.warnings)).toContain('deployment/collector, which an earlier run was to restart, is gone');
    world.expectHealed();
  });

  test('with --after the time begins once the readers have the key', async () => {
    const world = await begin({ rollout: { unit: 'ms', observed: 0, ready: 30_000, gone: 30_000 } });
    const started = world.clock.now();
    await world.rotate({ afterMs: 60_000 });
    expect(world.clock.now() - started).toBeGreaterThanOrEqual(90_000);
    world.expectHealed();
  });
});
