/** Hostile data on every page (security.md): it is shown, as text, and nothing of it runs. */
import { parse, type DefaultTreeAdapterMap } from 'parse5';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { type Browser, startConsole, type ConsoleServer } from './console-server.js';
import { hostilePages, MAIL, seedHostile } from './hostile-data.js';

let db: TestDatabase;
let server: ConsoleServer;
let admin: Browser;
let profileId: number;
beforeAll(async () => {
  db = await testDatabase();
  profileId = await seedHostile(db);
  server = await startConsole(db);
  admin = await server.as('admin');
});
afterAll(async () => {
  await server.stop();
  await db.close();
});

type Node = DefaultTreeAdapterMap['node'];
type Element = DefaultTreeAdapterMap['element'];

function elementsOf(node: Node): Element[] {
  const children = 'childNodes' in node ? node.childNodes.flatMap(elementsOf) : [];
  return 'tagName' in node ? [node, ...children] : children;
}

const attribute = ({ attrs }: Element, name: string): string | undefined =>
  attrs.find((one) => one.name === name)?.value;

test('what is hostile is on every page as text: nothing runs, loads or leads away', async () => {
  for (const path of hostilePages(profileId)) {
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
