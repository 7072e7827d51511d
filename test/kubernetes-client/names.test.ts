import { expect, test } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { checkFieldName, checkNamespace, parseSecret, parseWorkload } from '../../src/kubernetes/index.ts';

test.each([
  ['otel', undefined, 'otel'],
  ['open-telemetry/open-telemetry-collector', 'open-telemetry', 'open-telemetry-collector'],
  ['a/b.c.d-e', 'a', 'b.c.d-e'],
  ['0/1', '0', '1'],
])('the Secret %s is understood', (text, namespace, name) => {
  expect(parseSecret(text)).toEqual({ namespace, name });
});

test.each([
  ['', undefined],
  ['/', undefined],
  ['a/', undefined],
  ['/a', undefined],
  ['a/b/c', 'Did you mean --kubernetes-secret b/c?'],
  ['secret/otel', 'Did you mean --kubernetes-secret otel?'],
  ['monitoring/secret/otel', 'Did you mean --kubernetes-secret monitoring/otel?'],
  ['monitoring/Otel_Key', 'Did you mean "otel-key"?'],
  ['my.namespace/otel', 'Did you mean "my-namespace"?'],
  ['-otel-', 'Did you mean "otel"?'],
  ['a..b', undefined],
  [`${'n'.repeat(64)}/otel`, undefined],
  ['s'.repeat(254), undefined],
  ['a/b\n', 'Did you mean "b"?'],
  ['../../etc/passwd', undefined],
])('the Secret %j is refused', (text, hint) => {
  const error = refusal(() => parseSecret(text));
  expect(error.message).toMatch(/^--kubernetes-secret/);
  expect(error.message + error.hints.join()).not.toContain('\n');
  if (hint !== undefined) expect(error.hints).toContain(hint);
});

test.each([
  ['deployment/otel', 'deployment'],
  ['deployments/otel', 'deployment'],
  ['deploy/otel', 'deployment'],
  ['deployment.apps/otel', 'deployment'],
  ['DaemonSet/otel', 'daemonset'],
  ['ds/otel', 'daemonset'],
  ['daemonsets.apps/otel', 'daemonset'],
  ['sts/otel', 'statefulset'],
  ['StatefulSets/otel', 'statefulset'],
])('the workload %s is understood', (text, kind) => {
  expect(parseWorkload(text)).toEqual({ kind, name: 'otel' });
});

test.each([
  ['otel', 'For example: --restart deployment/otel'],
  ['deployment', 'For example: --restart deployment/NAME'],
  ['deploymnt/otel', 'Did you mean --restart deployment/otel?'],
  ['statefullset/otel', 'Did you mean --restart statefulset/otel?'],
  ['pod/otel', undefined],
  ['constructor/otel', undefined],
  ['monitoring/deploy/otel', 'Did you mean --restart deployment/otel?'],
  ['deploy/', undefined],
  ['deploy/OTel', 'Did you mean "otel"?'],
  ['', 'For example: --restart deployment/NAME'],
])('the workload %j is refused', (text, hint) => {
  const error = refusal(() => parseWorkload(text));
  expect(error.message).toMatch(/^--restart/);
  if (hint !== undefined) expect(error.hints).toContain(hint);
});

test('the kinds that can be restarted are named', () => {
  expect(refusal(() => parseWorkload('pod/otel')).message).toBe(
    '--restart restarts a deployment, daemonset or statefulset, not a "pod".',
  );
});

test.each(['API_KEY', 'sts-api-key', 'api.key', '__proto__', '0', '.hidden'])('the field %s is taken', (name) => {
  expect(checkFieldName(name)).toBe(name);
});

test.each(['', '.', '..', '..a', 'a b', 'a/b', 'schlüssel', 'x'.repeat(254)])('the field %j is refused', (name) => {
  expect(refusal(() => checkFieldName(name)).message).toMatch(/^--key-var: /);
});

test('a namespace has no dots', () => {
  expect(checkNamespace('open-telemetry')).toBe('open-telemetry');
  expect(refusal(() => checkNamespace('a.b')).message).toBe('--namespace: "a.b" cannot be the name of a namespace.');
});

function refusal(act: () => unknown): UsageError {
  try {
    act();
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error('it was taken');
}
