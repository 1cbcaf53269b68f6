/**
 * Notices: a mail about a profile to a colleague. It goes through the ledger like every mail, and what the profile wants, has
 * got, and is asked to be spared has no say in it; what its colleague's address allows has.
 */
import { VirtualClock } from '../../src/core/clock.js';
import PostalMime from 'postal-mime';
import { applyDefinitions } from '../../src/definitions/apply-definitions.js';
import { instantToSql } from '../../src/core/instant.js';
import { eraseProfile } from '../../src/delivery/erase-profile.js';
import { sweepExpired } from '../../src/delivery/lease.sql.js';
import { Mailer } from '../../src/delivery/mailer.js';
import { resendMessage } from '../../src/delivery/resend-message.js';
import type { NoticeTo } from '../../src/language/campaigns/notify-shapes.js';
import type { CampaignDefinition, Step } from '../../src/language/definitions.js';
import {
  at,
  campaign,
  DAY,
  definitionsOf,
  eventEntry,
  Scenario,
  send,
  wait,
  type Written,
} from './scenario.js';

const T0 = at('2026-01-05 12:00');
const CSM: NoticeTo = {
  kind: 'trait',
  of: 'account',
  path: ['csm_email'],
  otherwise: 'cs@acme.example',
};

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

const notify = (id: string, to: NoticeTo = CSM, template = 'notice'): Step => ({
  id,
  if: null,
  kind: 'notify',
  template,
  to,
});

/** With a template in two languages that says what it reads. */
async function apply(written: Written): Promise<void> {
  const definitions = definitionsOf({ ...written, templates: ['mail', 'notice'] });
  const notice = definitions.templates[1]!.variants;
  const said = { subject: 'Look after {{profile.name}}', body: '<p>{{entry.plan}}</p>' };
  const english = { ...notice['']!, ...said };
  notice[''] = english;
  notice['ru'] = { ...english, subject: 'По-русски' };
  await applyDefinitions(story.db.dataSource, definitions, { by: 'test', at: 0 });
  await story.advance(T0 - 1);
}

const told = (options: Partial<CampaignDefinition> = {}, to = CSM): CampaignDefinition =>
  campaign('told', eventEntry('order'), [notify('csm', to)], options);

async function inCompany(traits: Record<string, unknown>, own = {}): Promise<number> {
  const id = await story.profile({ name: 'Ann', ...own });
  await story.connection.query(
    `with a as (insert into accounts (external_id, traits, created_at) values ($2, $3, 'epoch') returning id)
     update profiles set account_id = a.id from a where profiles.id = $1`,
    [id, `company-${id}`, traits],
  );
  return id;
}

async function order(profile: number, when = T0): Promise<void> {
  await story.track(profile, 'order', when, { plan: 'pro' });
  await story.advance(when);
}

async function notices() {
  const { rows } = await story.connection.query(
    `select purpose, topic, sender, address, state, reason, detail - 'by_hand' as detail, gates -> 'decision' as decision
     from messages where purpose = 'notice' order by id`,
  );
  return rows;
}

async function deliver(now = T0): Promise<void> {
  const mailer = new Mailer({
    connections: story.db.pool,
    clock: new VirtualClock(now),
    server: null,
    publicUrl: 'http://127.0.0.1:3000',
  });
  await mailer.start();
  await mailer.idle();
  await mailer.stop();
}

it('goes to whom the company names, in the language and zone of the project, with no word of leaving', async () => {
  await apply({ campaigns: [told()], project: { notifyOnly: ['acme.example'] } });
  await order(await inCompany({ csm_email: 'Mara@Acme.Example' }, { locale: 'ru' }));
  await deliver();
  expect(await notices()).toEqual([
    {
      purpose: 'notice',
      topic: null,
      sender: 'marketing',
      address: 'Mara@acme.example',
      state: 'sent',
      reason: null,
      detail: {},
      decision: { address: 'one', notify_only: 'named', suppression: 'none' },
    },
  ]);
  const { rows } = await story.connection.query<{ source: Buffer }>('select source from dev_mails');
  const mail = await PostalMime.parse(rows[0]!.source);
  expect(mail.to).toEqual([{ address: 'Mara@acme.example', name: '' }]);
  expect(mail).toMatchObject({ subject: 'Look after Ann', text: expect.stringContaining('pro') });
  const names = mail.headers.map(({ key }) => key).filter((key) => /^list-|precedence/.test(key));
  expect(names).toEqual([]);
});

it('where the trait has no one address the written one serves, else there is none', async () => {
  const without: NoticeTo = { ...CSM, otherwise: null };
  const own: NoticeTo = { kind: 'trait', of: 'profile', path: ['boss', 'email'], otherwise: null };
  await apply({
    campaigns: [
      campaign('told', eventEntry('order'), [
        notify('csm'),
        notify('nobody', without),
        notify('boss', own),
      ]),
    ],
  });
  const hostile = [
    undefined,
    'mara@acme.example, eve@evil.example',
    'mara@acme.example\r\nBcc: eve@evil.example',
    '"Mara" <mara@acme.example>',
    ['mara@acme.example'],
    { address: 'mara@acme.example' },
  ];
  for (const csm of hostile) {
    await story.connection.query('truncate messages cascade');
    await order(await inCompany(csm === undefined ? {} : { csm_email: csm }));
    const to = csm === undefined ? 'missing' : 'not one address';
    expect(await notices()).toMatchObject([
      { address: 'cs@acme.example', reason: null, decision: { address: 'otherwise' } },
      { address: null, reason: 'no_address', detail: { to, trait: 'account.csm_email' } },
      { reason: 'no_address', detail: { to: 'missing', trait: 'profile.boss.email' } },
    ]);
  }
  await story.connection.query('truncate messages cascade');
  await order(await inCompany({}, { boss: { email: 'boss@acme.example' } }));
  expect((await notices())[2]).toMatchObject({ address: 'boss@acme.example', state: 'pending' });
});

it('an address outside notify_only is refused with where it would have gone, and is not replaced', async () => {
  await apply({
    campaigns: [told()],
    project: { notifyOnly: ['acme.example', 'jo@partner.example'] },
  });
  for (const csm of ['eve@evil.example', 'eve@sub.acme.example', 'jo@partner.example'])
    await order(await inCompany({ csm_email: csm }));
  const outside = { trait: 'account.csm_email' };
  expect(await notices()).toMatchObject([
    { state: 'skipped', reason: 'notify_only', address: 'eve@evil.example', detail: outside },
    { reason: 'notify_only', decision: { address: 'one', notify_only: 'outside' } },
    { state: 'pending', address: 'jo@partner.example' },
  ]);
});

it('what stands between is the suppression of the colleague, not of the profile nor what it wants', async () => {
  await apply({
    campaigns: [
      told({
        sendWindow: { days: [7], from: { hour: 3, minute: 0 }, until: { hour: 4, minute: 0 } },
      } as object),
    ],
  });
  const ann = await inCompany({ csm_email: 'mara@acme.example' });
  await story.connection.query(
    `insert into suppressions (address, reason, source, since)
     values ('ann@example.com', 'hard_bounce', 'test', 'epoch'), ('gone@acme.example', 'hard_bounce', 'test', 'epoch')`,
  );
  await story.connection.query(
    `insert into subscriptions (profile_id, topic, subscribed, changed_at, source) values ($1, '*', false, 'epoch', 'test')`,
    [ann],
  );
  await order(ann);
  await order(await inCompany({ csm_email: 'Gone@acme.example' }));
  expect(await notices()).toMatchObject([
    { state: 'pending', address: 'mara@acme.example' },
    { reason: 'suppressed', address: 'Gone@acme.example', detail: { because: 'hard_bounce' } },
  ]);
});

it('takes no room under a cap, and is no mail of the profile to its own campaigns', async () => {
  await apply({
    campaigns: [
      campaign(
        'told',
        eventEntry('order'),
        [notify('csm'), send('first'), wait('w', 1), send('second')],
        {
          caps: [{ kind: 'within', atMost: 1, ms: 7 * DAY, topic: null }],
        } as object,
      ),
      campaign(
        'follows',
        eventEntry('$message_sent', { again: { kind: 'always' } }),
        [send('thanks')],
        { topic: null, purpose: 'transactional', from: 'marketing' },
      ),
    ],
  });
  const ann = await inCompany({ csm_email: 'mara@acme.example' });
  await order(ann);
  await deliver();
  await story.advance(T0 + 2 * DAY);
  expect(await story.messages(ann)).toEqual([
    'csm@2026-01-05 12:00',
    'first@2026-01-05 12:00',
    'thanks@2026-01-05 12:00',
    'second@2026-01-06 12:00 skipped:cap',
  ]);
});

it('whoever is held out has no notice written about them', async () => {
  await apply({ campaigns: [told({ holdout: 10_000 })] });
  await order(await inCompany({ csm_email: 'mara@acme.example' }));
  expect(await notices()).toMatchObject([{ state: 'skipped', reason: 'held_out', address: null }]);
});

it('is looked at once more before it leaves: exit, the list and the suppression of then', async () => {
  const exit = [
    {
      kind: 'event' as const,
      match: { names: { kind: 'list' as const, names: ['back'] }, where: [] },
      same: null,
      label: 'event back',
    },
  ];
  const waits = campaign('told', eventEntry('order'), [notify('csm'), wait('w', 9)], { exit });
  await apply({ campaigns: [waits] });
  const addresses = ['bob@acme.example', 'cleo@acme.example', 'dan@other.example'];
  const profiles: number[] = [];
  for (const csm of addresses) {
    profiles.push(await inCompany({ csm_email: csm }));
    await order(profiles.at(-1)!);
  }
  await story.track(profiles[0]!, 'back', T0 + 1);
  await story.advance(T0 + 1);
  await story.connection.query(
    `insert into suppressions (address, reason, source, since) values ('cleo@acme.example', 'hard_bounce', 'test', 'epoch')`,
  );
  await apply({ campaigns: [waits], project: { notifyOnly: ['acme.example'] } });
  await deliver(T0 + 1);
  expect(await notices()).toMatchObject([
    { state: 'skipped', reason: 'ended' },
    { state: 'skipped', reason: 'suppressed', detail: { because: 'hard_bounce' } },
    { state: 'skipped', reason: 'notify_only', detail: {} },
  ]);
});

it('is never sent twice: of unknown fate it is held, and goes once more only by hand, to the same address', async () => {
  await apply({ campaigns: [told()] });
  await order(await inCompany({ csm_email: 'mara@acme.example' }));
  await story.connection.query(
    `update messages set state = 'transmitting', worker = gen_random_uuid(), epoch = 1`,
  );
  await sweepExpired(story.connection, T0, 0);
  const { rows } = await story.connection.query<{ id: number }>(
    'select id, state, settled_at from messages',
  );
  expect(rows).toEqual([expect.objectContaining({ state: 'ambiguous', settled_at: T0 })]);
  await story.connection.query(`update messages set state = 'failed'`);
  await resendMessage(story.db.pool, rows[0]!.id, { actor: 'ops', now: T0, why: 'it was lost' });
  await deliver();
  expect(await notices()).toMatchObject([
    { state: 'failed' },
    { state: 'sent', purpose: 'notice', address: 'mara@acme.example' },
  ]);
});

it('erasing a person takes back what is pending about it, and leaves the address of the colleague alone', async () => {
  await apply({ campaigns: [told()] });
  const ann = await inCompany({ csm_email: 'mara@acme.example' });
  await order(ann);
  await story.connection.query(
    `insert into suppressions (address, reason, source, since) values ('mara@acme.example', 'complaint', 'test', $1)`,
    [instantToSql(T0)],
  );
  await eraseProfile(story.db.pool, ann, { now: T0, record: () => Promise.resolve() });
  expect(await notices()).toEqual([]);
  await deliver();
  const { rows } = await story.connection.query(
    `select (select count(*) from dev_mails)::int as mails, (select count(*) from erased_addresses)::int as hashes,
       (select array_agg(address) from suppressions) as suppressed`,
  );
  expect(rows).toEqual([{ mails: 0, hashes: 1, suppressed: ['mara@acme.example'] }]);
});
