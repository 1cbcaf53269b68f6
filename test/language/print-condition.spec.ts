/** Conditions printed in the language's own words: what is printed reads as the same condition again. */
import { checkSources } from '../../src/language/check.js';
import {
  printCondition,
  printMatch,
  printProperty,
} from '../../src/language/conditions/print-condition.js';
import type { Condition } from '../../src/language/definitions.js';

const PROJECT = { kind: 'project', id: 'rekindle', path: 'rekindle.yaml' } as const;

function read(who: string): Condition {
  const segment = (id: string, text: string) =>
    ({ kind: 'segment', id, path: `${id}.yaml`, text }) as const;
  const { definitions, diagnostics } = checkSources([
    {
      ...PROJECT,
      text: 'project: Acme\nzone: UTC\nlocale: en\nsenders: { transactional: { name: A, email: a@acme.com } }\n',
    },
    {
      kind: 'campaign',
      id: 'hello',
      path: 'hello.yaml',
      text: 'purpose: transactional\nenter: { event: signed_up }\nsteps: [{ send: mail }]\n',
    },
    {
      kind: 'template',
      id: 'mail',
      path: 'mail.html',
      format: 'html',
      text: '---\nsubject: Hello\n---\n<p>Hello</p>\n',
    },
    segment('staff', 'who: { trait: staff, exists: true }'),
    {
      kind: 'score',
      id: 'happiness',
      path: 'happiness.yaml',
      text: 'points: [{ add: 10, if: { event: login } }]\nrange: [0, 100]\nbands: { red: 0, green: 70 }\n',
    },
    segment('one', `who: { ${who} }`),
  ]);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (!definitions || errors.length > 0) throw new Error(`${who}: ${JSON.stringify(errors)}`);
  return definitions.segments.find(({ id }) => id === 'one')!.who;
}

test.each([
  'trait: plan, is: pro',
  'trait: plan, is_not: pro',
  'trait: plan, in: [ pro, team ]',
  'trait: card.number, missing: true',
  'trait: name, is: "true"',
  'trait: n, at_least: 2, less_than: 5',
  'trait: n, between: [ 1, 2 ]',
  'trait: tags, contains: "a, b: c"',
  'trait: name, matches: "^[a-z]+$"',
  'trait: plan, is_not: { value_of: account.plan }, in: [ { value_of: profile.plans }, trial ]',
  'event: order, where: { amount: { more_than: { value_of: profile.usual } }, plan: { value_of: profile.plan } }',
  'none: [ { trait: due, before: { value_of: profile.paid_until } } ]',
  'score: happiness, band: red',
  'score: happiness, at_least: 30, less_than: 70.5',
  'none: [ { score: happiness, band: green } ]',
  'score: happiness, percentile: { at_least: 80, among: staff }',
  'trait: due, before: 2026-05-01',
  'trait: due, after: 2026-05-01 08:00Z',
  'trait: due, within_next: 7 days',
  'trait: due, within_next: 168 hours',
  'segment: staff',
  'message: any, was: sent',
  'message: hello, was: bounced, within_last: 90 days, never: true',
  'message: hello/mail, was: sent, since: { event: login }, count: { at_least: 2 }',
  'campaign: hello, was: finished, within_last: 30 days',
  'campaign: hello, was: entered, count: { is: 2 }',
  'campaign: hello, is: not_active',
  'segment: staff, for_at_least: 3 days',
  'none: [ { segment: staff, for_at_least: 36 hours } ]',
  'none: [ { segment: staff } ]',
  'event: login',
  'event: [ login, order_completed ], within_last: 30 days',
  'event: any, within_first: 10 days, never: true',
  'event: login, occurrence: first, where: { device: phone, n: { more_than: 2 } }',
  'event: login, within_first: 36 hours, of: { event: signed_up }, count: { at_least: 3 }',
  'event: login, since: { event: signed_up }, count: { is: 0 }',
  'event: login, quiet_for: 90 days',
  'event: any, within_last: 30 days, count: { percentile: { at_least: 80, among: staff } }',
  'event: order, sum: { of: total.net, percentile: { at_least: 20, at_most: 99.5 } }',
  'event: login, quiet_for: { percentile: { at_most: 50 } }',
  'event: order, followed_by: delivered, within: 9 days, same: order_id, within_last: 90 days, took: { percentile: { at_least: 80, among: staff } }',
  'trait: seats, percentile: { more_than: 50, among: staff }',
  'account: { members: { percentile: { at_least: 80, among: staff } }, who: { event: login, within_last: 30 days } }',
  'event: login, where: { kind: web }, trend: { drops_by: 12.5%, over: 14 days, from_at_least: 20 }',
  'account: { event: any, trend: { rises_by: 200%, over: 36 hours, from_at_least: 1 } }',
  'none: [ { event: login, trend: { drops_by: 50%, over: 7 days, from_at_least: 4 } } ]',
  'event: login, quiet_for: { between: [ 7 days, 9 days ] }',
  'event: paid, between: [ 2026-01-01, 2026-01-31 ], sum: { of: amount, at_least: 100 }',
  'event: paid, between: [ 30 days ago, today ], distinct: { of: item.id, more_than: 1 }',
  'event: paid, where: { due: { between: [ 2026-01-01, 2026-01-31 ] } }',
  'event: cart, not_followed_by: [ cart, order ], within: 4 hours, same: cart.id',
  'event: task, followed_by: { event: saved, where: { ok: true } }, took: { more_than: 10 minutes }, count: { at_least: 3 }',
  'trait: queue, changed: true',
  'trait: queue, changed: { from: { more_than: 0 }, to: { is: 0 } }',
  'sample: { share: 12.5%, salt: one }',
  'account: { trait: plan, is: pro }',
  'account: { all: [ { event: login, within_last: 14 days }, { trait: seats, at_least: 5 } ] }',
  'account: { members: { less_than: 2 }, who: { event: any, within_last: 14 days } }',
  'account: { members: { is: 3 } }',
  'trait: due, between: [ 1 day ago, 7 days from now ]',
  'trait: due, after: 2026-05-01 10:00',
])('%s is printed as it was written', (who) => {
  expect(printCondition(read(who))).toBe(who);
});

test.each([
  'none: [ { trait: tags, contains: x } ]',
  'none: [ { trait: name, starts_with: x, is: y } ]',
  'none: [ { event: login, quiet_for: 90 days } ]',
  'none: [ { event: login, count: { between: [ 1, 3 ] } } ]',
  'none: [ { event: login, count: 3 } ]',
  'none: [ { sample: { share: 10%, salt: "a, b" } }, { trait: plan, changed: { to: { is: pro } } } ]',
  'all: [ { trait: plan, is: pro }, { any: [ { segment: staff }, { event: login } ] } ]',
])('%s means the same when it is printed and read again', (who) => {
  const condition = read(who);
  expect(read(printCondition(condition))).toEqual(condition);
});

test('entries, exits and properties are printed by their own words', () => {
  const where = [
    { path: ['amount'], tests: [{ op: 'at_least', value: 50, negated: false }] },
  ] as const;
  const match = { names: { kind: 'list', names: ['paid'] }, where: [...where] } as never;
  expect(printMatch(match)).toBe('event: paid, where: { amount: { at_least: 50 } }');
  expect(printProperty(where[0] as never)).toBe('amount: { at_least: 50 }');
});
