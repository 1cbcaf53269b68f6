/** Hostile data on every page (security.md): it is shown, as text, and nothing of it runs. */
import { parse, type DefaultTreeAdapterMap } from 'parse5';
import { seedDefinitions, seedPending } from '../delivery/pending-messages.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { type Browser, startConsole, type ConsoleServer } from './console-server.js';

const IMAGE = '<img src=x onerror=alert(1)>';
const SUBJECT = `Hi\r\nBcc: evil@example.com ${IMAGE}`;
const CAMPAIGN = '../../etc';
const MAIL = [
  'From: a@example.com',
  `To: ann@example.com`,
  'Subject: x',
  'Content-Type: text/html; charset=utf-8',
  '',
  `<script>alert(1)</script>${IMAGE}<img src="https://tracker.example/p.gif"><a href="javascript:alert(1)">x</a>`,
].join('\r\n');

let db: TestDatabase;
let server: ConsoleServer;
let admin: Browser;
let profileId: number;
beforeAll(async () => {
  db = await testDatabase();
  const workspace = await seedDefinitions(db.pool);
  const [message] = await seedPending(db.pool, workspace, {
    count: 1,
    campaign: CAMPAIGN,
    traits: { first_name: IMAGE, [IMAGE]: IMAGE, locale: IMAGE },
  });
  await fill(db, message!);
  const { rows } = await db.pool.query<{ id: number }>('select profile_id as id from messages');
  profileId = rows[0]!.id;
  server = await startConsole(db);
  admin = await server.as('admin');
});
afterAll(async () => {
  await server.stop();
  await db.close();
});

/** Everything that a client or an author can name, named hostile. */
async function fill({ pool }: TestDatabase, message: number): Promise<void> {
  const at = '2026-01-01T00:00:00Z';
  await pool.query(
    `insert into definition_versions (kind, name, version, hash, source, definition, created_at)
     values ('campaign', $1, 1, 'x', $2, $3::jsonb, $4)`,
    [CAMPAIGN, `description: ${IMAGE}`, JSON.stringify(campaign()), at],
  );
  await pool.query(
    `insert into live_definitions select kind, name, id from definition_versions where name = $1`,
    [CAMPAIGN],
  );
  await pool.query(
    `update messages set state = 'failed', settled_at = $2, subject = $1, reason = $3, reply = $3, variables = $4::jsonb,
       detail = $4::jsonb, locale = $3`,
    [SUBJECT, at, IMAGE, JSON.stringify({ [IMAGE]: IMAGE })],
  );
  await pool.query(
    `insert into attempts (message_id, profile_id, epoch, started_at, finished_at, worker, provider, host, phase, reply, outcome)
     select id, profile_id, 1, $1, $1, gen_random_uuid(), $2, $2, $2, $2, $2 from messages`,
    [at, IMAGE],
  );
  await pool.query(
    `insert into dev_mails (message_id, received_at, mail_from, mail_to, subject, source) values ($1, $2, $3, $3, $4, $5)`,
    [message, at, IMAGE, SUBJECT, Buffer.from(MAIL)],
  );
  await pool.query(
    `insert into events (profile_id, name, occurred_at, judged_at, received_at, properties, source, message_id)
     select profile_id, $1, $2, $2, $2, $3::jsonb, $1, 'm' from messages`,
    [IMAGE, at, JSON.stringify({ [IMAGE]: IMAGE })],
  );
  await pool.query(
    `insert into profile_keys select 'user', $1, profile_id from messages union all
     select 'anonymous', $1, profile_id from messages`,
    [IMAGE],
  );
  await pool.query(`insert into subscriptions select profile_id, $1, false, $2, $1 from messages`, [
    IMAGE,
    at,
  ]);
  await pool.query(`insert into suppressions values ('ann@example.com', 'complaint', $1, $1, $2)`, [
    IMAGE,
    at,
  ]);
  await pool.query(
    `insert into pauses (scope, name, since, set_by, why) values ('campaign', $1, $2, $3, $3)`,
    [CAMPAIGN, at, IMAGE],
  );
  await pool.query(
    `insert into rejects (received_at, source, call, code, detail, item) values ($1, $2, $2, $2, $2, $2)`,
    [at, IMAGE],
  );
  await pool.query(
    `insert into parked_profiles (profile_id, shard, parked_at, error, retry_at)
     select profile_id, 0, $1, $2, $1 from messages`,
    [at, IMAGE],
  );
  await pool.query(
    `insert into audit_log (at, actor, action, subject, detail) values ($1, $2, $2, $2, $3::jsonb)`,
    [at, IMAGE, JSON.stringify({ [IMAGE]: IMAGE })],
  );
  await pool.query(`update revisions set applied_by = $1`, [IMAGE]);
}

function campaign(): object {
  return {
    kind: 'campaign',
    id: CAMPAIGN,
    description: IMAGE,
    purpose: 'marketing',
    topic: IMAGE,
    from: null,
    draft: false,
    exit: [],
    goal: null,
    steps: [],
  };
}

const PAGES = () => [
  '/console',
  '/console/messages',
  `/console/messages?campaign=${encodeURIComponent(IMAGE)}`,
  `/console/messages?campaign=${encodeURIComponent(CAMPAIGN)}`,
  '/console/messages/1',
  '/console/campaigns',
  `/console/campaigns/${encodeURIComponent(CAMPAIGN)}`,
  `/console/campaigns/${encodeURIComponent(CAMPAIGN)}/stop`,
  `/console/profiles?id=${encodeURIComponent(`${IMAGE}?`)}`,
  `/console/profiles/${profileId}`,
  `/console/profiles/${profileId}?event=${encodeURIComponent(IMAGE)}`,
  '/console/suppressions',
  '/console/suppressions/lift?address=ann@example.com',
  '/console/mailbox',
  '/console/mailbox/1',
  '/console/mailbox/1?part=headers',
  '/console/mailbox/1?part=source',
  '/console/mailbox/1?part=text',
  '/console/system',
  '/console/system/rejects',
  '/console/system/audit',
  `/console/pauses/lift?scope=campaign&name=${encodeURIComponent(CAMPAIGN)}`,
  `/console/pauses/new?scope=campaign&name=${encodeURIComponent(IMAGE)}`,
  `/console/${encodeURIComponent(IMAGE)}`,
];

type Node = DefaultTreeAdapterMap['node'];
type Element = DefaultTreeAdapterMap['element'];

function elementsOf(node: Node): Element[] {
  const children = 'childNodes' in node ? node.childNodes.flatMap(elementsOf) : [];
  return 'tagName' in node ? [node, ...children] : children;
}

const attribute = ({ attrs }: Element, name: string): string | undefined =>
  attrs.find((one) => one.name === name)?.value;

test('what is hostile is on every page as text: nothing runs, loads or leads away', async () => {
  for (const path of PAGES()) {
    const { status, text } = await admin.get(path);
    expect([path, [200, 404].includes(status)]).toEqual([path, true]);
    const elements = elementsOf(parse(text));
    const handlers = elements.flatMap(({ attrs }) =>
      attrs.filter(({ name }) => name.startsWith('on') || name === 'style' || name === 'srcdoc'),
    );
    expect([path, handlers]).toEqual([path, []]);
    const scripts = elements.filter(({ tagName }) => tagName === 'script' || tagName === 'style');
    for (const script of scripts)
      expect(attribute(script, 'src')).toMatch(/^\/console\/assets\/console-[0-9a-f]{12}\.js$/);
    const targets = elements
      .flatMap((one) => [attribute(one, 'href'), attribute(one, 'src'), attribute(one, 'action')])
      .filter((target) => target !== undefined);
    for (const target of targets) expect(target).toMatch(/^(\/console|#)/);
    for (const target of targets)
      expect(new URL(target, 'http://x/console').pathname).toMatch(/^\/console/);
    for (const image of elements.filter(({ tagName }) => tagName === 'img'))
      expect(attribute(image, 'src')).toMatch(/^\/console\/assets\//);
  }
});

test('every page does show it: nothing is hidden by escaping it away', async () => {
  for (const path of ['/console/messages', `/console/profiles/${profileId}`, '/console/system'])
    expect((await admin.get(path)).text).toContain('&lt;img src=x onerror=alert(1)>');
});

test('a mail stands in a frame without rights, from an answer without rights', async () => {
  const page = (await admin.get('/console/mailbox/1')).text;
  const frame = elementsOf(parse(page)).find(({ tagName }) => tagName === 'iframe')!;
  expect(attribute(frame, 'sandbox')).toBe('');
  const { headers, text } = await admin.get(attribute(frame, 'src')!);
  expect(text).toContain('<script>');
  const policy = headers.get('content-security-policy')!;
  expect(policy).toMatch(
    /^default-src 'none'; style-src 'unsafe-inline'; img-src data:;.*; sandbox$/,
  );
  expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
});

test('a mail leaves as a file, byte by byte, under a name of ours', async () => {
  const { headers, text } = await admin.get('/console/mailbox/1/download');
  expect(text).toBe(MAIL);
  expect(headers.get('content-disposition')).toBe('attachment; filename="mail-1.eml"');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
});

test.each(['1e3', '-1', '99999999999999999999', '0x1', '1;drop table messages', '%00'])(
  'the number %s names nothing and breaks nothing',
  async (id) => {
    for (const list of ['messages', 'mailbox', 'profiles'])
      expect([404, 422]).toContain((await admin.get(`/console/${list}/${id}`)).status);
  },
);

test.each([
  'messages?cursor=x',
  'messages?from=2026-02-31',
  'messages?state=gone',
  'messages?state[]=sent&state[]=failed',
  `messages?reason=${'x'.repeat(101)}`,
  'suppressions?cursor=WyJhIl0x',
  'system/audit?cursor=WzFd1',
])('a query that no page made is refused: %s', async (query) => {
  const { status, text } = await admin.get(`/console/${query}`);
  expect([query, [200, 400, 422].includes(status)]).toEqual([query, true]);
  expect(text).not.toContain('Internal Server Error');
});
