/** Waits, exits and goals are told in the words in which they were written. */
import { checkSources } from '../../src/language/check.js';
import {
  printGoal,
  printRule,
  printTo,
  printWait,
} from '../../src/language/campaigns/print-step.js';
import type { CampaignDefinition } from '../../src/language/definitions.js';

function read(rest: string): CampaignDefinition {
  const project = 'project: Acme\nzone: UTC\nlocale: en\n';
  const text = `purpose: transactional\nenter: { event: begun }\n${rest}\n`;
  const { definitions, diagnostics } = checkSources([
    { kind: 'project', id: 'rekindle', path: 'rekindle.yaml', text: project },
    { kind: 'campaign', id: 'one', path: 'one.yaml', text },
  ]);
  if (!definitions) throw new Error(`${rest}: ${JSON.stringify(diagnostics)}`);
  return definitions.campaigns[0]!;
}

test.each([
  'wait: 3 days',
  'wait: 1 day, at: 10:00',
  'wait_until: 09:30',
  'wait_until: tue 10:00',
  'wait_until: mon-fri 10:00',
  'wait_until: sat-mon 10:00',
  'wait_until: 2026-05-01 10:00',
  'wait_until: { date: trial_ends_at, before: 3 days, at: 09:00 }',
  'wait_until: { date: entry.ends_at, after: 2 hours }',
  'wait_for: { event: login, where: { device: phone } }, at_most: 4 days',
  'wait_for: { trait: plan, is: pro }, at_most: 2 hours',
])('%s', (written) => {
  const { steps } = read(`steps: [ { ${written} }, { exit: done } ]`);
  expect(printWait(steps[0]!)).toBe(written);
});

test('rounds', () => {
  const written = 'repeat: 3, every: 1 month, at: 10:00';
  const { steps } = read(`steps: [ { ${written}, steps: [ { exit: done } ] } ]`);
  expect(printWait(steps[0]!)).toBe(written);
});

test.each([
  'event: login',
  'event: login, where: { device: phone }',
  'event: paid, same: invoice_id',
  'trait: plan, is: pro',
])('exit %s', (written) => {
  const { exit } = read(`exit: [ { ${written} } ]\nsteps: [ { wait: 1 day }, { exit: done } ]`);
  expect(printRule(exit[0]!)).toBe(written);
});

test('to whom a notice goes', () => {
  const path = ['csm', 'email'];
  const to = { kind: 'trait' as const, of: 'account' as const, path };
  expect(printTo({ kind: 'address', address: 'cs@acme.com' })).toBe('cs@acme.com');
  expect(printTo({ ...to, otherwise: null })).toBe('{ trait: account.csm.email }');
  expect(printTo({ ...to, of: 'profile', otherwise: 'cs@acme.com' })).toBe(
    '{ trait: csm.email, otherwise: cs@acme.com }',
  );
});

test('goal', () => {
  const written = 'event: paid, same: invoice_id, within: 60 days';
  const { goal } = read(`goal: { ${written} }\nsteps: [ { wait: 1 day }, { exit: done } ]`);
  expect(printGoal(goal!)).toBe(written);
});
