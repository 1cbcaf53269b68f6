/** What explanations say of mails that are kept back, or whose fate is not known. */
import { NEVER } from '../../src/core/instant.js';
import { signOfLife, type OwnProcess } from '../../src/core/processes.sql.js';
import { loadCampaign } from '../../src/delivery/campaigns.sql.js';
import { describeExplanation } from '../../src/delivery/describe-explanation.js';
import { explainProfile } from '../../src/delivery/explain-profile.js';
import { holdRestored } from '../../src/delivery/hold-restored.sql.js';
import { setPause, type PauseScope } from '../../src/delivery/pauses.sql.js';
import { campaign, DAY, eventEntry, Scenario, send, wait } from '../engine/scenario.js';
import { T0 } from '../engine/story-parts.js';

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

async function explain(profileId: number, id: string, now: number) {
  const sql = story.connection;
  const loaded = (await loadCampaign(sql, id, now))!;
  const explained = (await explainProfile(sql, { profileId, campaign: loaded, now }))!;
  return { ...explained, text: describeExplanation(explained, { who: 'ann', campaign: loaded }) };
}

it('pauses of all sending, a sender, the domain of the address keep the next mail back, with who set them and why; others do not', async () => {
  await story.apply({
    campaigns: [campaign('c', eventEntry('begun'), [wait('w', 1), send('a', { from: 'news' })])],
  });
  const ann = await story.profile({ email: 'ann@Customers.example' });
  await story.track(ann, 'begun', T0);
  await story.advance(T0);
  const pause = (scope: PauseScope, name: string, until = NEVER) =>
    setPause(story.connection, {
      scope,
      name,
      until,
      setBy: 'olga',
      why: `${scope} is ill`,
      now: T0,
    });
  await pause('sender', 'marketing');
  await pause('domain', 'elsewhere.example');
  await pause('all', '', T0);
  expect((await explain(ann, 'c', T0)).mail).toMatchObject({ obstacles: [], pauses: [] });
  await pause('all', '', T0 + DAY);
  await pause('sender', 'news');
  await pause('domain', 'customers.example');
  await pause('provider', 'smtp');
  await pause('campaign', 'c');
  const { text, mail } = await explain(ann, 'c', T0);
  expect(mail.obstacles).toEqual(['campaign_paused', 'sending_paused']);
  expect(text).toContain(`What keeps its next mail back now
  the campaign is paused, by olga: campaign is ill
  all sending is paused, until 2026-01-06 12:00, by olga: all is ill
  sending to customers.example is paused, by olga: domain is ill
  sending by the mail server smtp is paused, by olga: provider is ill
  sending as news is paused, by olga: sender is ill
`);
});

it('after a restore it says in words what may have left, and why a mail goes out once more', async () => {
  const steps = [send('a'), wait('w', 9)];
  await story.apply({
    campaigns: [
      campaign('news', eventEntry('begun'), steps),
      campaign('receipt', eventEntry('begun'), steps, { purpose: 'transactional' }),
    ],
  });
  const ann = await story.profile({ email: 'ann@customers.example' });
  await story.track(ann, 'begun', T0);
  await story.advance(T0);
  await holdRestored(story.connection, { until: T0, now: T0 + DAY });
  expect((await explain(ann, 'news', T0 + DAY)).text).toContain(
    ' a: nobody knows whether it arrived (the database was restored): it may have left before the restore of 2026-01-06 12:00 [message',
  );
  const { text } = await explain(ann, 'receipt', T0 + DAY);
  expect(text).toContain(
    ' a: is to be sent (the database was restored): it may have left before the restore of 2026-01-06 12:00, it goes out once more, with the same Message-ID: the database was restored [message',
  );
  expect(text).not.toContain('epoch');
});

it('a mail server that takes nothing keeps the next mail back, with what mailers say and since when; one way out is enough', async () => {
  await story.apply({
    campaigns: [campaign('c', eventEntry('begun'), [send('a'), wait('w', 1), send('b')])],
  });
  const ann = await story.profile({ email: 'ann@customers.example' });
  await story.track(ann, 'begun', T0);
  await story.advance(T0);
  const mailer = (n: number): OwnProcess => ({
    id: `00000000-0000-4000-8000-00000000000${n}`,
    host: 'one',
    pid: n,
    version: '1',
    roles: ['mailer'],
    transport: 'smtp',
    mailHost: 'smtp.acme.example:25',
  });
  const sign = (n: number, now: number, trouble: string | null) =>
    signOfLife(story.connection, mailer(n), { now, trouble });
  await sign(1, T0, 'smtp.acme.example does not serve us');
  await sign(2, T0, null);
  expect((await explain(ann, 'c', T0)).mail).toMatchObject({ obstacles: [], outage: null });
  await sign(2, T0 + 60_000, 'smtp.acme.example does not serve us, for 0 s');
  await sign(2, T0 + 70_000, 'smtp.acme.example does not serve us, for 10 s');
  await sign(1, T0 + 70_000, 'smtp.acme.example does not serve us, for 70 s');
  const { text, mail } = await explain(ann, 'c', T0 + 75_000);
  expect(mail).toMatchObject({ obstacles: ['mail_outage'], outage: { since: T0 + 60_000 } });
  expect(text).toMatch(
    /What keeps its next mail back now\n {2}no mail leaves, since 2026-01-05 12:01: smtp\.acme\.example does not serve us, for \d+ s\n/,
  );
});

it('a notice that notify_only does not allow says so, and not that its address is suppressed', async () => {
  const step = {
    id: 'told',
    kind: 'notify',
    if: null,
    template: 'mail',
    to: { kind: 'trait', of: 'profile', path: ['boss'], otherwise: null },
  } as never;
  await story.apply({
    campaigns: [campaign('c', eventEntry('begun'), [step, wait('w', 1)])],
    project: { notifyOnly: ['acme.example'] },
  });
  const ann = await story.profile({ boss: 'eve@evil.example' });
  await story.track(ann, 'begun', T0);
  await story.advance(T0);
  const { text } = await explain(ann, 'c', T0);
  expect(text).toContain(
    'told, notice to eve@evil.example: not sent (`notify_only` does not let notices go to that address): trait profile.boss [message',
  );
});

it('a mail that cannot come is said not to come: none lies ahead, or the campaign sends none', async () => {
  const steps = [
    send('a'),
    wait('w', 1),
    { kind: 'exit', id: 'end', if: null, reason: 'done' } as never,
  ];
  await story.apply({
    campaigns: [
      campaign('c', eventEntry('begun'), steps),
      campaign('often', { ...eventEntry('begun'), again: { kind: 'always' } } as never, steps),
      campaign('quiet', eventEntry('begun'), [wait('w', 1)]),
    ],
  });
  const ann = await story.profile();
  const nextOf = async (id: string) => (await explain(ann, id, T0)).mail.next;
  expect([await nextOf('c'), await nextOf('quiet')]).toEqual(['if_it_enters', 'none']);
  await story.track(ann, 'begun', T0);
  await story.advance(T0);
  // The first mail is pending yet.
  expect(await nextOf('c')).toBe('comes');
  await story.connection.query(`update messages set state = 'sent'`);
  expect([await nextOf('c'), await nextOf('often'), await nextOf('quiet')]).toEqual([
    'none',
    'if_it_enters',
    'none',
  ]);
});

it('a send window that an apply takes away holds nobody any longer; that of a version under way does, and is said to', async () => {
  const office = {
    days: [1, 2, 3, 4, 5, 6, 7],
    from: { hour: 9, minute: 0 },
    until: { hour: 10, minute: 0 },
    zone: 'profile' as const,
  };
  const ofProject = campaign('c', eventEntry('begun'), [send('a')]);
  const own = campaign('own', eventEntry('begun'), [send('b')], { sendWindow: office });
  await story.apply({ campaigns: [ofProject, own], project: { sendWindow: office } });
  const ann = await story.profile();
  await story.track(ann, 'begun', T0);
  await story.advance(T0);
  expect((await explain(ann, 'c', T0)).mail.obstacles).toEqual(['window']);
  const { sendWindow: _, ...without } = own;
  await story.apply({ campaigns: [ofProject, without] });
  await story.advance(T0 + 1000);
  expect(await story.messages(ann)).toEqual(['a@2026-01-05 12:00']);
  const { text, mail } = await explain(ann, 'own', T0 + 1000);
  expect(mail.obstacles).toEqual(['window']);
  expect(text).toContain('held at b until 2026-01-06 09:00: its send window is closed');
  expect(text).not.toContain('Nothing keeps');
});
