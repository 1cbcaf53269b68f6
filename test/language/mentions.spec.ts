/** What definitions name that only a database knows: each name at each place of the language, as what it is there. */
import { checkSources } from '../../src/language/check.js';
import { fixtureSources } from './fixture-files.js';

/** Every place of a name; what begins with `ev_` is an event, `pr_` a property, `tr_` a trait, `co_` one of a company. */
const PLACES = `#: config/scores/health.yaml
points:
  - { if: { event: ev_if_points }, add: 1 }
  - { for_each: { event: ev_for_each, where: { pr_for_each: 1 } }, add: 1 }
  - { if: { trait: tr_points, is: 1 }, add: 1 }
#: config/segments/all.yaml
who:
  any:
    - { event: ev_condition, where: { pr_where: 1, "pr_deep.part": 2 } }
    - { event: [ev_listed, ev_listed_too], never: true }
    - { event: ev_sum, sum: { of: pr_sum, at_least: 1 } }
    - { event: ev_average, average: { of: pr_average, at_least: 1 } }
    - { event: ev_min, min: { of: pr_min, at_least: 1 } }
    - { event: ev_max, max: { of: pr_max, at_least: 1 } }
    - { event: ev_distinct, distinct: { of: pr_distinct, at_least: 1 } }
    - { event: ev_rank, sum: { of: pr_rank, percentile: { at_least: 90 } } }
    - { event: ev_asked, followed_by: { event: ev_reply, where: { pr_reply: 1 } }, within: 1 day, same: pr_same }
    - { event: ev_open, not_followed_by: { event: ev_close }, within: 2 days }
    - { event: ev_first, within_first: 2 days, of: { event: ev_window } }
    - { event: ev_since, since: { event: ev_since_of } }
    - { trait: tr_plain, is: 1 }
    - { trait: tr_changed, changed: true }
    - { trait: tr_rank, percentile: { at_least: 90 } }
    - { score: health, percentile: { at_least: 90 } }
    - { trait: tr_compared, is: { value_of: profile.tr_value } }
    - { trait: tr_compared_too, in: [1, { value_of: account.co_value }] }
    - { none: [{ trait: tr_negated, is: 1 }] }
    - { trait: account.co_trait, is: 1 }
    - account:
        all:
          - { event: ev_account, where: { pr_account: 1 } }
          - { trait: co_account, is: 1 }
          - { trait: co_account_changed, changed: true }
          - { members: { at_least: 1 }, who: { trait: tr_member, is: 1 } }
#: config/campaigns/events.yaml
topic: offers
enter:
  event: ev_enter
  where: { pr_enter: { more_than: { value_of: profile.tr_enter_value } } }
  per: pr_per
  needs: [pr_needed]
  if: { trait: tr_enter_if, is: { value_of: entry.pr_entry_value } }
  one_per_account: { prefer: [{ trait: tr_prefer, is: 1 }] }
exit:
  - { event: ev_exit, where: { pr_exit: 1 }, same: pr_exit_same }
  - { trait: tr_exit, is: 1 }
  - { entry: pr_entry, is: 1 }
while: { trait: tr_while, is: 1 }
goal: { event: ev_goal, where: { pr_goal: 1 }, same: pr_goal_same, value: pr_goal_value }
steps:
  - { send: welcome, if: { event: ev_step_if } }
  - { wait_for: { event: ev_wait_for, where: { pr_wait_for: 1 }, same: pr_wait_same }, at_most: 2 days }
  - { wait_for: { trait: tr_wait_for, is: 1 }, at_most: 2 days }
  - { wait_until: { date: tr_date, at: 09:00 } }
  - { wait_until: { date: account.co_date, at: 09:00 } }
  - { wait_until: { date: entry.pr_date, at: 09:00 } }
  - branch:
      - { if: { trait: tr_branch, is: 1 }, then: [{ wait: 1 day }] }
      - { else: [{ wait: 1 day, id: later, if: { trait: tr_else, is: 1 } }] }
  - split: { a: { share: 50%, steps: [{ send: welcome, id: half, if: { trait: tr_split, is: 1 } }] }, b: { share: 50%, steps: [] } }
    id: ways
  - { repeat: 2, every: 1 day, steps: [{ send: welcome, id: again, if: { event: ev_repeat } }] }
  - { set: { own: { value_of: profile.tr_set }, other: { value_of: account.co_set }, third: { value_of: entry.pr_set } } }
  - { unset: [tr_unset] }
  - track: told
    with:
      kept: [ev_literal]
      counted: { measure: { event: ev_measure, where: { pr_measure: 1 }, since: { event: ev_measure_since }, show: sum, of: pr_measured } }
      chosen: { choose: [{ if: { trait: tr_choose, is: 1 }, use: { value_of: profile.tr_use } }, { else: none }] }
  - { send: wanting }
  - { notify: wanting, id: one, to: { trait: tr_notified } }
  - { notify: wanting, id: two, to: { trait: account.co_notified } }
#: templates/wanting.html
---
subject: "{{profile.tr_template}} {{account.co_template}} {{entry.pr_template}}"
sample: { profile: { tr_template: a }, account: { co_template: a }, entry: { pr_template: a } }
---
<p>Hello {{#if (eq profile.tr_asked_template 1)}}{{default entry.pr_asked_template "you"}}{{/if}}</p>
#: config/campaigns/answers.yaml
topic: offers
enter: { event: ev_enter_asked, not_followed_by: { event: ev_enter_answer }, within: 1 day, same: pr_enter_same }
steps: [{ send: welcome }]
#: config/campaigns/dates.yaml
topic: offers
enter: { date: tr_enter_date, at: 09:00 }
steps: [{ send: welcome }]
#: config/campaigns/company-dates.yaml
topic: offers
enter: { date: account.co_enter_date, at: 09:00 }
steps: [{ send: welcome }]
#: config/campaigns/changes.yaml
topic: offers
enter: { trait: tr_enter_changed, changed: { to: { is: { value_of: profile.tr_enter_to } } } }
steps: [{ send: welcome }]
#: config/campaigns/company-changes.yaml
topic: offers
enter: { trait: account.co_enter_changed, changed: true }
steps: [{ send: welcome }]
#: config/campaigns/newsletter.yaml
topic: offers
enter: { api: broadcast, who: { trait: tr_broadcast, is: 1 } }
steps: [{ send: welcome }]
#: config/campaigns/weekly.yaml
topic: offers
enter: { schedule: { every: week, day: mon, at: 09:00 }, who: { trait: tr_schedule, is: 1 } }
steps: [{ send: welcome }]
#: config/campaigns/members.yaml
topic: offers
enter: { who: { trait: tr_who, is: 1 } }
steps: [{ send: welcome }]
`;

const KINDS: Record<string, string> = {
  ev: 'event',
  pr: 'property',
  tr: 'trait',
  co: 'account_trait',
};

it('every name of an event, a property or a trait is told at its place, wherever it stands', () => {
  const sources = fixtureSources(PLACES);
  const { mentions, diagnostics } = checkSources(sources);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  expect(
    errors.map(({ file, range, message }) => `${file}:${range.start.line} ${message}`),
  ).toEqual([]);
  const named = new Set(PLACES.match(/\b(?:ev|pr|tr|co)_(?!literal)\w+/g));
  const told = mentions.filter(({ name }) => /^(?:ev|pr|tr|co)_/.test(name));
  expect([...new Set(told.map(({ name }) => name))].sort()).toEqual([...named].sort());
  for (const { name, kind, file, range, of } of told) {
    expect([name, kind]).toEqual([name, KINDS[name.slice(0, 2)]]);
    if (kind === 'property') expect([name, of.length]).not.toEqual([name, 0]);
    // A template's variable is told at the step that sends it.
    if (name.endsWith('_template')) continue;
    const line = sources.find(({ path }) => path === file)!.text.split('\n')[range.start.line - 1];
    expect(line!.slice(range.start.column - 1, range.end.column - 1)).toBe(name);
  }
});

it('what the definitions bring about themselves is not told, nor events of the engine', () => {
  const { mentions, definitions } = checkSources(
    fixtureSources(`#: config/campaigns/own.yaml
topic: offers
enter: { event: begun }
exit: [{ message: any, was: bounced, count: { at_least: 1 } }, { event: told, where: { why: x } }, { trait: stage, is: done }]
steps: [{ send: welcome }, { track: told }, { set: { stage: done } }]
`),
  );
  expect(definitions).not.toBeNull();
  expect(mentions.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'trait plan',
    'campaign own',
    'event begun',
  ]);
});
