/** The send log and a message's page: what they tell, and what people do there, one message or many at a time. */
import { listActions } from '../../src/core/audit.js';
import { deliverToDevMailbox, seedInState } from '../delivery/in-state.js';
import { seedDefinitions, type Workspace } from '../delivery/pending-messages.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { startConsole, type Answered, type Browser, type ConsoleServer } from './console-server.js';

let db: TestDatabase;
let server: ConsoleServer;
let workspace: Workspace;
let operator: Browser;
let viewer: Browser;
beforeAll(async () => {
  db = await testDatabase();
  workspace = await seedDefinitions(db.pool);
  server = await startConsole(db);
  operator = await server.as('operator');
  viewer = await server.as('viewer');
});
afterAll(async () => {
  await server.stop();
  await db.close();
});

const seed = (state = 'pending', count = 1) => seedInState(db.pool, workspace, { state, count });
const deliver = () => deliverToDevMailbox(db.pool);

const stateOf = async (id: number) =>
  (
    await db.pool.query<{ state: string; reason: string | null }>(
      'select state, reason from messages where id = $1',
      [id],
    )
  ).rows[0]!;
const actionsOf = async (subject: string) =>
  (await listActions(db.pool, { before: null, subject, limit: 9 })).map(({ action }) => action);
/** What stands between tags. */
const words = ({ text }: Answered): string =>
  text
    .replace(/<[^>]+>/g, ' ')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ');

describe('the send log', () => {
  test('finds one message by its number and its Message-ID, and those of a version', async () => {
    const { ids, campaign } = await seed('sent');
    const { rows } = await db.pool.query<{ mail_id: string }>(
      'select mail_id from messages where id = $1',
      [ids[0]],
    );
    const shows = async (query: string) =>
      (await viewer.get(`/console/messages?${query}`)).text.includes(
        `/console/messages/${ids[0]}"`,
      );
    for (const query of [
      `id=${ids[0]}`,
      `mailId=${encodeURIComponent(`<${rows[0]!.mail_id}@mail.acme.example>`)}`,
    ])
      expect([query, await shows(query)]).toEqual([query, true]);
    await db.pool.query(
      `insert into definition_versions (kind, name, version, hash, source, definition, created_at)
       values ('campaign', $1, 3, 'x', '', '{}', '2026-01-01')`,
      [campaign],
    );
    expect(await shows(`campaign=${campaign}&version=3`)).toBe(false);
    await db.pool.query(
      `update messages set version_id = (select max(id) from definition_versions) where id = $1`,
      [ids[0]],
    );
    expect(await shows(`campaign=${campaign}&version=3`)).toBe(true);
    expect(await shows(`campaign=${campaign}&version=4`)).toBe(false);
    for (const query of ['version=3', 'id=x', 'id=-1', `mailId=${'x'.repeat(321)}`])
      expect((await viewer.get(`/console/messages?${query}`)).status).toBe(422);
  });

  test('shows a notice as what it is: whom it went to, about whom, and what its gates saw', async () => {
    const { ids } = await seed('sent');
    await db.pool.query(
      `update messages set purpose = 'notice', topic = null, address = '<b>mara@acme.example', subject = 'At risk',
         gates = '{"decision": {"address": "otherwise", "notify_only": "named", "suppression": "none"}}' where id = $1`,
      [ids[0]],
    );
    const { rows } = await db.pool.query<{ profile_id: number }>(
      'select profile_id from messages where id = $1',
      [ids[0]],
    );
    const profile = rows[0]!.profile_id;
    const log = await viewer.get('/console/messages?purpose=notice');
    expect(words(log)).toContain('&lt;b>mara@acme.example about');
    expect(log.text).toContain(`href="/console/profiles/${profile}">`);
    expect(log.text.match(/href="\/console\/messages\/\d+"/g)).toEqual([
      `href="/console/messages/${ids[0]}"`,
    ]);
    const csv = await operator.get('/console/messages/export.csv?purpose=notice');
    expect(csv.text).toContain('"notice"');
    const page = words(await viewer.get(`/console/messages/${ids[0]}`));
    expect(page).toContain('About the profile');
    expect(page).toContain('Goes to &lt;b>mara@acme.example');
    expect(page).toContain('the one given with otherwise');
    expect(page).toContain('The project lets notices go to this address (notify_only).');
    expect(page).toContain(`Notice ${ids[0]} about profile ${profile} to`);
    const timeline = words(await viewer.get(`/console/profiles/${profile}`));
    expect(timeline).toContain('notice → &lt;b>mara@acme.example');
  });

  test('renews itself until somebody stops it or pages back', async () => {
    const live = async (query: string) =>
      /id="log" data-live/.test((await viewer.get(`/console/messages${query}`)).text);
    expect(await live('')).toBe(true);
    expect(await live('?live=off')).toBe(false);
    const cursor = Buffer.from('[1000000]').toString('base64url');
    expect(await live(`?cursor=${cursor}`)).toBe(false);
    const off = (await viewer.get('/console/messages?live=off&campaign=x')).text;
    expect(off).toContain('href="/console/messages?campaign=x"');
    expect(off).toContain('<input type="hidden" name="live" value="off"');
  });

  test('says what pauses hold back, and where they are lifted', async () => {
    const { campaign } = await seed('pending', 2);
    await db.pool.query(
      `insert into pauses values ('campaign', $1, '2026-01-01', 'infinity', 'olga', 'wrong price')`,
      [campaign],
    );
    const page = await operator.get('/console/messages');
    expect(words(page)).toContain(`2 due wait for the pause of campaign ${campaign}.`);
    expect(page.text).toContain(
      `href="/console/pauses/lift?scope=campaign&amp;name=${campaign}&amp;from=messages"`,
    );
    expect((await viewer.get('/console/messages')).text).not.toContain('/console/pauses/lift');
    await db.pool.query('delete from pauses');
    expect(words(await operator.get('/console/messages'))).not.toContain('due wait');
  });

  test('offers operators what fits the messages that are found', async () => {
    const { campaign } = await seed('failed');
    const of = (browser: Browser) => browser.get(`/console/messages?campaign=${campaign}`);
    expect((await of(operator)).text.match(/bulk\/\w+/g)).toEqual(['bulk/retry']);
    expect((await of(viewer)).text).not.toContain('bulk/');
    expect(words(await of(operator))).toContain(`Pause campaign ${campaign} …`);
    expect((await of(operator)).text.match(/pauses\/new[^"]*/g)).toEqual([
      'pauses/new?scope=all&amp;from=messages',
      `pauses/new?scope=campaign&amp;name=${campaign}&amp;from=messages`,
    ]);
    expect((await of(viewer)).text).not.toContain('pauses/new');
  });
});

describe('many at once', () => {
  test.each([
    ['retry', 'failed', {}, { state: 'pending', reason: null }, 'messagesRetried'],
    ['cancel', 'pending', {}, { state: 'skipped', reason: 'cancelled' }, 'messagesCancelled'],
    ['settle', 'ambiguous', { arrived: 'yes' }, { state: 'sent', reason: null }, 'messagesArrived'],
    [
      'settle',
      'ambiguous',
      { arrived: 'no' },
      { state: 'pending', reason: 'worker_lost' },
      'messagesNotArrived',
    ],
  ])('%s %s: the number first, then it is done', async (action, state, fields, expected, done) => {
    const { ids, campaign } = await seed(state, 3);
    const other = await seed(state);
    const question = await operator.get(`/console/messages/bulk/${action}?campaign=${campaign}`);
    expect(words(question)).toMatch(/\b3 (failed|pending|ambiguous) messages\?/);
    expect(await stateOf(ids[0]!)).toMatchObject({ state });
    const answer = await operator.post(`/console/messages/bulk/${action}`, {
      campaign,
      expected: '3',
      ...fields,
    });
    expect(answer.headers.get('location')).toBe(
      `/console/messages?campaign=${campaign}&done=${done}`,
    );
    for (const id of ids) expect(await stateOf(id)).toEqual(expected);
    expect(await stateOf(other.ids[0]!)).toMatchObject({ state });
    const [recorded] = await listActions(db.pool, { before: null, subject: '', limit: 1 });
    expect(recorded).toMatchObject({
      actor: 'console:a-operator',
      detail: { filter: { campaign }, n: 3 },
    });
  });

  test('another number than the one that was seen changes nothing and is asked about anew', async () => {
    const { ids, campaign } = await seed('failed', 3);
    const answer = await operator.post('/console/messages/bulk/retry', { campaign, expected: '2' });
    expect(answer.status).toBe(409);
    expect(words(answer)).toContain('It was 2 when you looked.');
    expect(words(answer)).toContain('Retry 3 failed messages?');
    expect(answer.text).toContain('name="expected" value="3"');
    expect(await stateOf(ids[0]!)).toMatchObject({ state: 'failed' });
  });

  test('what would be skipped at once is said beforehand', async () => {
    const { campaign } = await seed('failed', 2);
    await db.pool.query(
      `insert into suppressions select lower(address), 'hard_bounce', '', 'test', '2026-01-01'
       from messages where campaign = $1 order by id limit 1`,
      [campaign],
    );
    const question = await operator.get(`/console/messages/bulk/retry?campaign=${campaign}`);
    expect(words(question)).toContain('1 address is suppressed: it is skipped again.');
  });

  test('a profile that does not exist is nobody, and nothing can be done to everybody by mistake', async () => {
    const { ids } = await seed('failed');
    const question = await operator.get('/console/messages/bulk/retry?profile=nobody');
    expect(words(question)).toContain('No message of this kind is found any more.');
    const answer = await operator.post('/console/messages/bulk/retry', {
      profile: 'nobody',
      expected: '1',
    });
    expect(answer.status).toBe(409);
    expect(await stateOf(ids[0]!)).toMatchObject({ state: 'failed' });
  });

  test.each([
    ['settle', { expected: '1' }],
    ['settle', { expected: '1', arrived: 'maybe' }],
    ['retry', {}],
    ['retry', { expected: '-1' }],
    ['retry', { expected: '1e3' }],
  ])('%s with %j is refused', async (action, fields) => {
    expect((await operator.post(`/console/messages/bulk/${action}`, fields)).status).toBe(422);
  });
});

describe('one message', () => {
  test.each([
    ['cancel', 'pending', { state: 'skipped', reason: 'cancelled' }],
    ['retry', 'failed', { state: 'pending', reason: null }],
    ['arrived', 'ambiguous', { state: 'sent', reason: null }],
    ['not-arrived', 'ambiguous', { state: 'pending', reason: 'worker_lost' }],
  ])('%s asks, acts once, and says no the second time', async (action, state, expected) => {
    const { ids } = await seed(state);
    const at = `/console/messages/${ids[0]}`;
    expect((await operator.get(at)).text).toContain(`href="${at}/${action}"`);
    expect((await viewer.get(at)).text).not.toContain(`href="${at}/${action}"`);
    expect((await operator.get(`${at}/${action}`)).text).toContain(`action="${at}/${action}"`);
    expect(await stateOf(ids[0]!)).toMatchObject({ state });
    const answer = await operator.post(`${at}/${action}`, {});
    expect([answer.status, answer.headers.get('location')]).toEqual([
      303,
      expect.stringContaining(`${at}?done=message`),
    ]);
    expect(await stateOf(ids[0]!)).toEqual(expected);
    const again = await operator.post(`${at}/${action}`, {});
    expect(again.status).toBe(409);
    expect(words(again)).toContain(`Nothing was done the message is ${expected.state}`);
    expect(await actionsOf(`message/${ids[0]}`)).toEqual([`message.${action.replace('-', '_')}`]);
    expect(words(await viewer.get(at))).toContain('console:a-operator');
  });

  test('sending now ends a wait', async () => {
    const { ids } = await seed();
    const at = `/console/messages/${ids[0]}`;
    expect((await operator.get(`${at}/send-now`)).status).toBe(409);
    await db.pool.query(`update messages set due_at = '2100-01-01', attempts = 1 where id = $1`, [
      ids[0],
    ]);
    const page = words(await operator.get(at));
    expect(page).toContain('It is tried again at 2100-01-01 00:00:00.');
    expect(words(await operator.get(`${at}/send-now`))).toContain('every gate lets it pass');
    await operator.post(`${at}/send-now`, {});
    await deliver();
    expect(await stateOf(ids[0]!)).toMatchObject({ state: 'sent' });
  });

  test('sending again takes a reason, leads to the new message, and happens once', async () => {
    const { ids } = await seed();
    await deliver();
    const at = `/console/messages/${ids[0]}`;
    expect((await operator.post(`${at}/resend`, { why: ' ' })).status).toBe(422);
    const answer = await operator.post(`${at}/resend`, { why: 'they lost it' });
    const location = answer.headers.get('location')!;
    expect(location).toMatch(/^\/console\/messages\/\d+\?done=messageResent$/);
    const [path] = location.split('?');
    expect(words(await viewer.get(path!))).toContain('they lost it');
    expect((await viewer.get(path!)).text).toContain(`href="${at}"`);
    expect((await viewer.get(at)).text).toContain(`href="${path}"`);
    expect((await operator.get(at)).text).not.toContain(`href="${at}/resend"`);
    const twice = await operator.post(`${at}/resend`, { why: 'once more' });
    expect(twice.headers.get('location')).toBe(path);
  });

  test('a copy is asked for, remembered, and shown with what came of it', async () => {
    const { ids } = await seed();
    const at = `/console/messages/${ids[0]}`;
    expect(
      (await operator.post(`${at}/copy`, { address: 'a@b.example, c@d.example' })).status,
    ).toBe(422);
    await operator.post(`${at}/copy`, { address: 'olga@acme.example' });
    expect(words(await viewer.get(at))).toContain('waiting olga@acme.example console:a-operator');
    expect((await operator.get(`${at}/copy`)).text).toContain('value="olga@acme.example"');
    expect(await stateOf(ids[0]!)).toMatchObject({ state: 'pending' });
    await operator.post(`${at}/cancel`, {});
  });

  test('the file is the mail byte for byte as it went out, and is written down', async () => {
    const { ids } = await seed();
    await deliver();
    const { rows } = await db.pool.query<{ source: Buffer }>(
      'select source from dev_mails where message_id = $1',
      [ids[0]],
    );
    const at = `/console/messages/${ids[0]}/download`;
    expect((await viewer.get(at)).status).toBe(403);
    const file = await operator.get(at);
    expect(file.headers.get('content-type')).toContain('message/rfc822');
    expect(file.headers.get('content-disposition')).toBe(
      `attachment; filename="message-${ids[0]}.eml"`,
    );
    expect(file.text).toBe(rows[0]!.source.toString());
    expect(await actionsOf(`message/${ids[0]}`)).toEqual(['message.download']);
  });

  test('tells why it was sent, what the gates saw, what it read, and the same as text', async () => {
    const { ids, campaign } = await seed();
    await db.pool.query(
      `with happened as (
         insert into events (profile_id, name, occurred_at, judged_at, received_at, source, message_id)
         select profile_id, 'trial_started', '2026-01-01T09:00Z', '2026-01-01T09:00Z', '2026-01-01T09:00Z', 'test', 'm'
         from messages where id = $1 returning id, profile_id)
       update enrolments e set trigger = 'event:' || h.id from happened h where e.profile_id = h.profile_id`,
      [ids[0]],
    );
    await db.pool.query(
      `update profiles set traits = traits - 'first_name' where id = (select profile_id from messages where id = $1)`,
      [ids[0]],
    );
    const at = `/console/messages/${ids[0]}`;
    const before = words(await viewer.get(at));
    expect(before).toContain('Decided because of the event trial_started, at 2026-01-01 09:00:00.');
    expect(before).toContain('It has not been rendered for sending.');
    await deliver();
    const page = await viewer.get(at);
    const after = words(page);
    expect(after).toContain('Sent because of the event trial_started');
    expect(after).toContain('said nothing; the topic is subscribed by default');
    expect(after).toContain('profile.first_name there default of the template');
    expect(after).toMatch(/Because: event trial_started at 2026-01-01T09:00:00\.000Z/);
    expect(after).toContain(`campaign ${campaign} v1, step reminder`);
    expect(page.text).toContain(`sandbox src="${at}/html"`);
    const html = await viewer.get(`${at}/html`);
    expect(html.text).toContain('Hello there');
    expect(html.headers.get('content-security-policy')).toMatch(/; sandbox$/);
    expect(words(await viewer.get(`${at}?part=text`))).toContain('Hello there');
    expect(words(await viewer.get(`${at}?part=headers`))).toContain('feedback-id');
    expect(words(await viewer.get(`${at}?part=source`))).toContain('Message-ID: &lt;');
    // Whoever looks does not unsubscribe the recipient; an operator, who may, finds the link at the source.
    const working = async (browser: Browser) => {
      const views = ['/html', '?part=text', '?part=headers', '?part=source'];
      const texts = await Promise.all(views.map((view) => browser.get(at + view)));
      return views.filter((_, n) => /\/u\/[\w-]{40,}/.test(texts[n]!.text));
    };
    expect(await working(viewer)).toEqual([]);
    expect(await working(operator)).toEqual(['?part=headers', '?part=source']);
  });

  test('one that waits for a pause says whose it is, and leads to it', async () => {
    const { ids, campaign } = await seed();
    await db.pool.query(
      `insert into pauses values ('campaign', $1, '2026-01-01', 'infinity', 'olga', 'wrong price')`,
      [campaign],
    );
    const page = await operator.get(`/console/messages/${ids[0]}`);
    expect(words(page)).toContain('It is due, and waits for a pause to end.');
    expect(words(page)).toContain(`Pause of campaign ${campaign}, by olga: wrong price`);
    expect(page.text).toContain(`/console/pauses/lift?scope=campaign&amp;name=${campaign}`);
    await db.pool.query('delete from pauses');
  });

  test('the address can be suppressed from there, after a look at what waits for it', async () => {
    const { ids } = await seed();
    const page = await operator.get(`/console/messages/${ids[0]}`);
    const href = /href="(\/console\/suppressions\/new[^"]+)"/.exec(page.text)![1]!;
    const question = await operator.get(href.replaceAll('&amp;', '&'));
    expect(words(question)).toContain('1 message is pending for it now');
    expect(question.text).toContain(`value="message ${ids[0]}"`);
  });

  test.each(['cancel', 'retry', 'arrived', 'not-arrived', 'send-now', 'resend', 'copy'])(
    'a viewer can neither ask nor %s',
    async (action) => {
      const { ids } = await seed();
      const at = `/console/messages/${ids[0]}/${action}`;
      expect((await viewer.get(at)).status).toBe(403);
      const fields = { why: 'x', address: 'olga@acme.example' };
      expect((await viewer.post(at, fields)).status).toBe(403);
      expect(await stateOf(ids[0]!)).toMatchObject({ state: 'pending' });
      expect(await actionsOf(`message/${ids[0]}`)).toEqual([]);
    },
  );

  test.each(['1/frobnicate', '999999999/retry', '999999999/html', 'bulk/frobnicate', 'x/retry'])(
    'messages/%s is nothing',
    async (path) => {
      expect((await operator.get(`/console/messages/${path}`)).status).toBe(404);
    },
  );
});
