/** Entries are told in the words in which they were written. */
import { checkSources } from '../../src/language/check.js';
import { printEnter } from '../../src/language/campaigns/print-enter.js';

function enterOf(enter: string): string {
  const project = 'project: Acme\nzone: UTC\nlocale: en\n';
  const { definitions, diagnostics } = checkSources([
    { kind: 'project', id: 'rekindle', path: 'rekindle.yaml', text: project },
    { kind: 'segment', id: 'payers', path: 'payers.yaml', text: 'who: { trait: plan, is: pro }\n' },
    {
      kind: 'campaign',
      id: 'one',
      path: 'one.yaml',
      text: `purpose: transactional\nenter: { ${enter} }\nsteps: [ { exit: done } ]\n`,
    },
  ]);
  if (!definitions) throw new Error(`${enter}: ${JSON.stringify(diagnostics)}`);
  return printEnter(definitions.campaigns[0]!);
}

test.each([
  'segment: payers, current: true, if_left: stay, again: never',
  'event: cart_updated, where: { total: { at_least: 20 } }, not_followed_by: [ cart_updated, order ], within: 4 hours, same: cart_id, per: cart_id, again: never, if_active: refresh',
  'event: begun, followed_by: saved, took: { more_than: 10 minutes }, ignore_older_than: 2 hours, again: after 30 days',
  'trait: queue, changed: { from: { more_than: 0 }, to: { is: 0 } }, again: always',
  'trait: plan, changed: true, again: never, if_active: restart',
  'date: card.expires_on, before: 7 days, at: 09:00, again: always',
  'date: born_on, at: 09:00, every: year, catch_up: 2 hours, if: { trait: plan, is: pro }, again: always, zone: project',
  'schedule: { every: month, day: first tue, at: 10:00 }, who: { segment: payers }, again: always',
  'schedule: { every: week, day: mon-fri, at: 10:00 }, who: { segment: payers }, again: always',
  'schedule: { every: day, at: 10:00 }, who: { segment: payers }, again: never',
  'schedule: { rrule: FREQ=WEEKLY;INTERVAL=2;BYDAY=TU, from: 2026-01-06, at: 10:00 }, who: { segment: payers }, again: always',
  'schedule: { once: 2026-05-01 10:00 }, who: { segment: payers }, again: always',
  'schedule: { cron: 0 10 * * 2 }, who: { segment: payers }, again: always, zone: Europe/Berlin',
  'api: enrolment, needs: [plan, card.brand], again: never',
  'event: signed_up, again: never, one_per_account: { prefer: [{ trait: role, is: admin }], otherwise: oldest }',
  'api: broadcast, who: { segment: payers }, again: always',
])('%s', (written) => expect(enterOf(written)).toBe(written));

test('a condition of its own', () => {
  expect(enterOf('who: { trait: plan, is: pro }')).toBe('who, again: never');
});
