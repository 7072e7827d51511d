import { type KubeObject, membersOf, type Plural } from './objects.ts';
import { badRequest } from './status.ts';

type Labels = Readonly<Record<string, string>>;

/**
 * A label selector as it stands in a query: `a=b,c!=d,e in (f,g),!h`.
 * @throws StatusError when it is none.
 */
export function labelSelector(text: string): (labels: Labels) => boolean {
  const rules = [...text.matchAll(/(?:\([^)]*\)|[^,()])+/g)].map(([rule]) => ruleOf(rule.trim()));
  return (labels) => rules.every((holds) => holds(labels));
}

function ruleOf(rule: string): (labels: Labels) => boolean {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(rule);
  if (set !== null) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    return (labels) => {
      const value = labels[key];
      return (value !== undefined && values.includes(value)) === (operator === 'in');
    };
  }
  const equal = /^([^!=\s]+)\s*(!=|==|=)\s*(\S*)$/.exec(rule);
  if (equal !== null) {
    const [, key = '', operator, value = ''] = equal;
    return (labels) => (labels[key] === value) === (operator !== '!=');
  }
  const presence = /^(!?)\s*([^!=\s]+)$/.exec(rule);
  if (presence === null) throw badRequest(`unable to parse requirement: found '${rule}'`);
  const [, not, key = ''] = presence;
  return (labels) => key in labels === (not === '');
}

/** A field selector: of all objects names can be selected, of pods their phase too. @throws StatusError for any other field. */
export function fieldSelector(text: string, plural: Plural): (object: KubeObject) => boolean {
  const rules = text.split(',').filter((rule) => rule !== '');
  const holds = rules.map((rule): ((object: KubeObject) => boolean) => {
    const [, field = rule, operator, value] = /^([^!=]+)(!=|==|=)(.*)$/.exec(rule) ?? [];
    if (field !== 'metadata.name' && !(field === 'status.phase' && plural === 'pods')) {
      throw badRequest(`field label not supported: ${field}`);
    }
    const selected = ({ metadata, status }: KubeObject) =>
      field === 'metadata.name' ? metadata.name : membersOf(status)['phase'];
    return (object) => (selected(object) === value) === (operator !== '!=');
  });
  return (object) => holds.every((hold) => hold(object));
}
