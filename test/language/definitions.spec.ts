/** What correct files become: defaults filled in, names resolved, negation pushed down. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BLOCKS, HELPERS } from '../../src/messages/template-helpers.js';
import { TEMPLATE_BLOCKS, TEMPLATE_HELPERS } from '../../src/core/template-helpers.js';
import { readsOf } from '../../src/language/reads.js';
import { campaign, check, who } from './checking.js';

const DAY = 86_400_000;

describe('tests that compare with values of their step', () => {
  const step = (condition: string, values: string) =>
    campaign(
      `topic: offers\nenter: { event: released }\nsteps: [{ send: welcome, if: ${condition}, with: ${values} }]\n`,
    ).steps[0];
  const values = '{ feature: { value_of: entry.feature }, same: { value_of: with.feature }, n: 5 }';

  it('are tests of what stands there', () => {
    for (const [given, meant] of [
      ['with.feature', '{ value_of: entry.feature }'],
      ['with.same', '{ value_of: entry.feature }'],
    ])
      expect(step(`{ trait: wanted, is_not: { value_of: ${given} } }`, values)).toEqual(
        step(`{ trait: wanted, is_not: ${meant} }`, values),
      );
    expect(step('{ trait: seats, more_than: { value_of: with.n } }', values)).toMatchObject({
      if: { tests: [{ op: 'value_of', by: 'more_than', to: [5] }] },
    });
    const chosen = (value: string) =>
      step(
        '{ trait: a, is: b }',
        `{ f: { value_of: entry.f.g }, t: { choose: [{ if: { trait: wanted, is: { value_of: ${value} } }, use: x }, { else: z }] } }`,
      );
    expect(chosen('with.f')).toEqual(chosen('entry.f.g'));
  });
});

describe('waiting for dates', () => {
  const steps = (text: string) =>
    campaign(`topic: offers\nenter: { event: signed_up }\nsteps: [${text}]\n`).steps;

  it('a date with its distance, and what happens without it', () => {
    expect(
      steps('{ wait_until: { date: trial.ends_on, before: 3 days, at: 09:00 }, if_missing: exit }'),
    ).toEqual([
      {
        id: 'wait:end',
        if: null,
        kind: 'wait_until',
        until: {
          kind: 'date',
          from: 'trait',
          path: ['trial', 'ends_on'],
          shift: { count: 3, unit: 'day', direction: 'before' },
          at: { hour: 9, minute: 0 },
        },
        ifPast: 'skip',
        ifMissing: 'exit',
      },
    ]);
    expect(steps('{ wait_until: { date: entry.starts_at, after: 2 hours } }')[0]).toMatchObject({
      until: { from: 'entry', path: ['starts_at'], shift: { direction: 'after' }, at: null },
      ifPast: 'skip',
    });
  });

  it('the engine hears of the trait, not of the entry', () => {
    const reads = (date: string) =>
      readsOf(
        check(
          `#: config/campaigns/c.yaml\ntopic: offers\nenter: { event: signed_up }\nsteps: [{ wait_until: { date: ${date}, at: 09:00 } }]\n`,
        ),
      ).traits;
    expect(reads('trial.ends_on')).toContain('trial');
    expect(reads('entry.trial')).not.toContain('trial');
  });
});

describe('checked definitions', () => {
  it('everything that is built, in one campaign', () => {
    const fixture = readFileSync(join(__dirname, 'fixtures/fine.yaml'), 'utf8');
    const { campaigns, segments } = check(fixture);
    expect({ campaigns, segments }).toMatchSnapshot();
  });

  it('fills every default of a campaign in', () => {
    expect(
      campaign('topic: offers\nenter: { event: signed_up }\nsteps: [{ send: welcome }]\n'),
    ).toEqual({
      kind: 'campaign',
      id: 'win-back',
      description: null,
      purpose: 'marketing',
      topic: 'offers',
      from: null,
      draft: false,
      enter: {
        kind: 'event',
        match: { names: { kind: 'list', names: ['signed_up'] }, where: [] },
        ignoreOlderThanMs: DAY,
        if: null,
        per: null,
        needs: [],
        again: { kind: 'never' },
        ifActive: 'ignore',
        zone: 'profile',
      },
      exit: [],
      goal: null,
      steps: [
        { id: 'welcome', if: null, kind: 'send', template: 'welcome', from: null, topic: null },
      ],
    });
  });

  it('who: becomes a segment of the campaign, left on leaving, the present members a baseline', () => {
    const { campaigns, segments } = check(
      '#: config/campaigns/x.yaml\ntopic: offers\nenter: { who: { trait: plan, is: pro } }\nsteps: [{ send: welcome }]\n',
    );
    expect(campaigns[0]!.enter).toMatchObject({
      kind: 'segment',
      segment: 'x/who',
      current: false,
      ifLeft: 'exit',
    });
    expect(segments.find(({ id }) => id === 'x/who')).toMatchObject({
      implicitFor: 'x',
      who: { kind: 'trait', path: ['plan'] },
    });
  });

  it('a broadcast has its who: and no segment; each is an occasion of its own unless per says which', () => {
    const broadcast = (more: string) =>
      campaign(`topic: offers
enter: { api: broadcast, who: { event: login }${more} }
steps: [{ send: welcome }]
`).enter;
    expect(broadcast('')).toMatchObject({
      kind: 'broadcast',
      who: { kind: 'event', window: { kind: 'ever' } },
      again: { kind: 'always' },
    });
    expect(broadcast(', per: issue').again).toEqual({ kind: 'never' });
    expect(broadcast(', again: never').again).toEqual({ kind: 'never' });
    expect(broadcast(', per: issue, again: always').again).toEqual({ kind: 'always' });
    const definitions = check(`#: config/campaigns/news.yaml
topic: offers
enter: { api: broadcast, who: { event: login }, if: { event: order } }
exit: [{ event: left }]
steps: [{ send: welcome }]
`);
    expect(definitions.segments.map(({ id }) => id)).toEqual(['payers']);
    expect(readsOf(definitions).events).toEqual(['left', 'order']);
  });

  it('an exit event is judged itself, a counted one from entry on, anything else is a state', () => {
    const { exit } = campaign(`topic: offers
enter: { event: invoice_failed, per: invoice_id }
exit:
  - { event: invoice_paid, same: invoice_id }
  - { event: complained, count: 2 }
  - { event: login, within_last: 3 days }
  - { all: [{ event: login }, { segment: payers }] }
steps: [{ send: welcome }]
`);
    expect(exit.map(({ kind, label }) => [kind, label])).toEqual([
      ['event', 'event invoice_paid'],
      ['state', 'event complained'],
      ['state', 'event login'],
      ['state', 'event login and segment payers'],
    ]);
    expect(exit[0]).toMatchObject({ same: ['invoice_id'] });
    expect(exit[1]).toMatchObject({ condition: { window: { kind: 'since', of: null } } });
    expect(exit[2]).toMatchObject({ condition: { window: { kind: 'within_last', ms: 3 * DAY } } });
    expect(exit[3]).toMatchObject({
      condition: { of: [{ window: { kind: 'since', of: null } }, {}] },
    });
  });

  it('derives step ids from what the steps do', () => {
    const { steps } = campaign(`topic: offers
enter: { event: signed_up }
steps:
  - wait: 7 days
  - wait_until: mon-fri 10:00
  - send: welcome
  - branch:
      - if: { trait: plan, is: pro }
        then: [{ wait: 1 day }, { send: welcome, id: second }, { wait: 2 days }]
      - else: [{ exit: too_small }]
`);
    expect(steps.map(({ id }) => id)).toEqual([
      'wait:wait:welcome',
      'wait:welcome',
      'welcome',
      'branch:wait:second',
    ]);
    const [, , , branch] = steps;
    expect(
      branch!.kind === 'branch' && branch!.arms.map(({ then }) => then.map(({ id }) => id)),
    ).toEqual([['wait:second', 'second', 'wait:end'], ['exit:too_small']]);
    expect(steps[1]).toMatchObject({
      until: { kind: 'time', at: { hour: 10, minute: 0 }, days: [1, 2, 3, 4, 5] },
    });
  });

  it('none: is the opposite word at the leaves', () => {
    expect(who('{ none: [{ trait: plan, is: pro }] }')).toEqual(
      who('{ trait: plan, is_not: pro }'),
    );
    expect(who('{ none: [{ event: login, never: true }] }')).toEqual(who('{ event: login }'));
    expect(who('{ none: [{ segment: payers }, { trait: plan, exists: true }] }')).toEqual({
      kind: 'all',
      of: [
        { kind: 'segment', segment: 'payers', negated: true },
        { kind: 'trait', path: ['plan'], tests: [{ negated: true, op: 'exists' }] },
      ],
    });
    expect(
      who(
        '{ none: [{ all: [{ event: a }, { event: b, count: { at_least: 2, less_than: 5 } }] }] }',
      ),
    ).toMatchObject({
      kind: 'any',
      of: [{ quantity: { kind: 'never' } }, { kind: 'any', of: [{}, {}] }],
    });
  });

  it('takes texts from the source and numbers from numbers', () => {
    const values = (text: string): unknown =>
      (who(`{ trait: x, in: [${text}] }`) as { tests: { values: unknown }[] }).tests[0]!.values;
    expect(values(`'08901', "1.10", 8901, 1.5, -3, true, 'true', NO, 10:00, 2026-05-01`)).toEqual([
      '08901',
      '1.10',
      8901,
      1.5,
      -3,
      true,
      'true',
      'NO',
      '10:00',
      '2026-05-01',
    ]);
  });

  it('a template carries its layout, the partials it reaches and its text, by locale', () => {
    const { templates } = check(`#: templates/layouts/default.html
<html><body>{{> @body}}{{> footer}}</body></html>
#: templates/layouts/default.ru.html
<html lang="ru"><body>{{> @body}}{{> footer}}</body></html>
#: templates/partials/footer.html
<p>{{> address}}</p>
#: templates/partials/address.html
{{postal_address}}
#: templates/partials/unused.html
x
#: templates/offer.html
---
subject: Offer 00001
preheader: "{{profile.first_name}}"
defaults: { profile.first_name: there }
sample: { profile: { n: 5, zip: '08901' } }
---
<p>Hello</p>
#: templates/offer.ru.html
---
subject: Предложение
layout: none
---
<p>Привет</p>
#: templates/offer.txt
Hello
`);
    const offer = templates.find(({ id }) => id === 'offer')!;
    expect(offer.variants['']).toEqual({
      format: 'html',
      subject: 'Offer 00001',
      preheader: '{{profile.first_name}}',
      from: null,
      defaults: { 'profile.first_name': 'there' },
      sample: { profile: { n: 5, zip: '08901' } },
      body: '<p>Hello</p>\n',
      bodyLine: 7,
      layout: '<html><body>{{> @body}}{{> footer}}</body></html>\n',
      partials: { address: '{{postal_address}}\n', footer: '<p>{{> address}}</p>\n' },
      text: 'Hello\n',
    });
    expect(offer.variants.ru).toMatchObject({
      layout: null,
      partials: {},
      text: null,
      bodyLine: 5,
    });
  });

  it('reads what live definitions read, and what drafts do not', () => {
    const definitions = check(`#: config/campaigns/live.yaml
topic: offers
enter: { event: entered, if: { trait: card.expires_on, within_next: 7 days } }
exit: [{ event: left }, { event: counted, count: 2 }]
goal: { event: bought }
steps:
  - branch:
      - if: { event: seen, within_first: 3 days, of: { event: started } }
        then: [{ send: welcome, if: { event: any } }]
#: config/campaigns/resting.yaml
topic: offers
draft: true
enter: { event: never_read }
steps: [{ send: welcome }]
`);
    expect(readsOf(definitions)).toEqual({
      events: ['bought', 'counted', 'entered', 'left', 'seen', 'started'],
      anyEvent: true,
      traits: ['card', 'created_at', 'plan', 'timezone'],
    });
  });

  it('knows the helpers that messages implement', () => {
    expect([...TEMPLATE_HELPERS].sort()).toEqual(Object.keys(HELPERS).sort());
    expect([...TEMPLATE_BLOCKS].sort()).toEqual(Object.keys(BLOCKS).sort());
  });

  it('billing: says how webhooks are signed and what is taken of them, and survives as JSON', () => {
    const { project } = check(readFileSync(join(__dirname, 'fixtures/fine-billing.yaml'), 'utf8'));
    expect(project.billing).toMatchSnapshot();
    expect(JSON.parse(JSON.stringify(project))).toEqual(project);
  });

  it('a project without billing: is what it was before there was any', () => {
    expect(check('')).not.toHaveProperty('project.billing');
  });
});
