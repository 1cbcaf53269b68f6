import PostalMime, { type Email } from 'postal-mime';
import type { ProjectDefinition } from '../language/definitions.js';
import { buildMime } from './build-mime.js';
import { type Mail, type MessageToCompose, composeMail } from './compose-mail.js';

const PROJECT: ProjectDefinition = {
  kind: 'project',
  id: 'rekindle',
  project: 'Acme',
  zone: 'UTC',
  locale: 'en',
  profileStart: ['created_at'],
  postalAddress: 'Berlin',
  mailDomain: 'news.acme.example',
  links: null,
  senders: {
    marketing: {
      name: 'Mara, Acme',
      email: 'mara@news.acme.example',
      replyTo: 'help@acme.example',
    },
  },
  topics: { offers: { name: 'Offers', default: 'subscribed' } },
};
const MESSAGE: MessageToCompose = {
  mailId: 'a1b2',
  address: 'ann@example.com',
  purpose: 'marketing',
  campaign: 'win-back',
  topic: 'offers',
  sender: 'marketing',
  date: '2026-05-01T08:00:00.000Z',
};
const CONTENT = { subject: 'Hello Анна', html: '<p>Hello</p>', text: 'Hello' };
const LINK = `https://links.acme.example/u/${'A'.repeat(120)}`;

const raw = async (mail: Mail): Promise<string> =>
  `\r\n${(await buildMime(mail)).toString('latin1')}`;
const read = async (mail: Mail): Promise<Email> => PostalMime.parse(await buildMime(mail));
const names = (mime: string): string[] =>
  mime
    .slice(2, mime.indexOf('\r\n\r\n'))
    .split('\r\n')
    .filter((line) => /^\S/.test(line))
    .map((line) => line.slice(0, line.indexOf(':')).toLowerCase());

it('a marketing mail carries what bulk senders owe', async () => {
  const mime = await raw(composeMail(MESSAGE, PROJECT, CONTENT, LINK));
  expect(mime).toContain('\r\nMessage-ID: <a1b2@news.acme.example>\r\n');
  expect(mime).toContain('\r\nDate: Fri, 01 May 2026 08:00:00 +0000\r\n');
  expect(mime).toContain(`\r\nList-Unsubscribe: <${LINK}>\r\n`);
  expect(mime).toContain('\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n');
  expect(mime).toContain('\r\nFeedback-ID: win-back:offers:marketing:marketing\r\n');
  expect(mime).toContain('\r\nAuto-Submitted: auto-generated\r\n');
  expect(mime).toContain('\r\nPrecedence: bulk\r\n');
  expect(mime).toMatch(/\r\nList-I[dD]: "Acme Offers" <offers\.news\.acme\.example>\r\n/);
  const email = await read(composeMail(MESSAGE, PROJECT, CONTENT, LINK));
  expect(email).toMatchObject({
    subject: 'Hello Анна',
    from: { name: 'Mara, Acme', address: 'mara@news.acme.example' },
    to: [{ address: 'ann@example.com' }],
  });
  expect(email.replyTo).toMatchObject([{ address: 'help@acme.example' }]);
  expect([email.html?.trim(), email.text?.trim()]).toEqual(['<p>Hello</p>', 'Hello']);
});

it('a transactional mail has no list headers and is not bulk', async () => {
  const mime = await raw(
    composeMail({ ...MESSAGE, purpose: 'transactional', topic: null }, PROJECT, CONTENT, null),
  );
  expect(mime).toContain('Feedback-ID: win-back:none:transactional:marketing');
  expect(mime).not.toMatch(/^(List-|Precedence)/m);
});

it('nothing adds a header or a recipient: CR LF in subject, names, ids and links', async () => {
  const evil = 'x\r\nBcc: evil@example.com\r\n\r\nbody';
  const project = {
    ...PROJECT,
    project: evil,
    senders: { marketing: { name: evil, email: 'mara@news.acme.example', replyTo: null } },
    topics: { offers: { name: evil, default: 'subscribed' as const } },
  };
  const mail = composeMail(
    { ...MESSAGE, mailId: 'a\r\nBcc: e@example.com', campaign: evil },
    project,
    { ...CONTENT, subject: evil },
    `${LINK}\r\nBcc: evil@example.com`,
  );
  const { html: _html, text: _text, ...inHeaders } = mail;
  expect(JSON.stringify(inHeaders)).not.toMatch(/\\r|\\n/);
  const mime = await raw(mail);
  expect(names(mime)).not.toContain('bcc');
  expect(names(mime).filter((name) => name === 'to')).toHaveLength(1);
  expect((await read(mail)).to).toEqual([{ name: '', address: 'ann@example.com' }]);
});

/** Letters whose low bytes are CR, LF, colon, blank and angle brackets. */
const CUT =
  'x\u010d\u010aSubject\u013a\u0120You\u0120won\u010d\u010a\u010d\u010a\u013cb\u013eHi@own.example';

it('no letter becomes a line break on its way to bytes', async () => {
  expect(() => composeMail({ ...MESSAGE, address: CUT }, PROJECT, CONTENT, LINK)).toThrow(
    'exactly one valid address',
  );
  const mail = composeMail(MESSAGE, PROJECT, CONTENT, LINK);
  const hostile: Partial<Mail>[] = [
    { to: { name: '', address: CUT } },
    { replyTo: { name: '', address: CUT } },
    { messageId: `<${CUT}>` },
    { headers: { 'List-Unsubscribe': { prepared: true, value: CUT } } },
  ];
  for (const over of hostile)
    await expect(async () => buildMime({ ...mail, ...over })).rejects.toThrow('not ASCII');
  for (const value of ['a\r\nBcc: eve@example.com', 'a\r\n\r\nbody', 'a\nBcc: eve@example.com'])
    await expect(async () =>
      buildMime({ ...mail, headers: { 'X-A': { prepared: true, value } } }),
    ).rejects.toThrow(/^(the headers of the mail are not|a header of the mail has a line break)/);
});

it('a header line that no server takes stops the mail', async () => {
  const mail = composeMail(MESSAGE, PROJECT, { ...CONTENT, subject: 'x'.repeat(1_200) }, LINK);
  await expect(async () => buildMime(mail)).rejects.toThrow('more than 998 characters');
});

it('an international domain is written in ASCII', async () => {
  const project = { ...PROJECT, mailDomain: 'почта.example' };
  const mail = composeMail({ ...MESSAGE, address: 'ann@пример.рф' }, project, CONTENT, LINK);
  expect(mail.to.address).toBe('ann@xn--e1afmkfd.xn--p1ai');
  const mime = await raw(mail);
  expect(mime).toContain('\r\nTo: ann@xn--e1afmkfd.xn--p1ai\r\n');
  expect(mime).toContain('\r\nMessage-ID: <a1b2@xn--80a1acny.example>\r\n');
});

it.each(['ann@example.com, eve@example.com', 'ann@example.com\r\nBcc: eve@example.com', ''])(
  '%j never becomes a recipient',
  (address) => {
    expect(() => composeMail({ ...MESSAGE, address }, PROJECT, CONTENT, LINK)).toThrow(
      'exactly one valid address',
    );
  },
);

it('marketing without an unsubscribe link is a bug', () => {
  expect(() => composeMail(MESSAGE, PROJECT, CONTENT, null)).toThrow('needs an unsubscribe link');
});

it('reads no files and fetches nothing, even when a part is not a string', async () => {
  const mail = composeMail(MESSAGE, PROJECT, CONTENT, LINK);
  const hostile = { path: '/etc/os-release' } as unknown as string;
  await expect(async () => buildMime({ ...mail, html: hostile })).rejects.toThrow('strings');
  await expect(async () => buildMime({ ...mail, subject: hostile })).rejects.toThrow('strings');
});

it.each([
  ['ASCII', 'Hello', '<p>Hello</p>'],
  ['Cyrillic', 'Привет, Анна '.repeat(50), `<p>${'Привет '.repeat(300)}</p>`],
  ['a line of 5,000 characters', 'x'.repeat(5_000), `<p>${'y'.repeat(5_000)}</p>`],
  ['dots, bare CR and LF', '.\n..\r\n.\rFrom x', '<p>.\n.\n</p>'],
  ['emoji and lone surrogates', '👩‍👩‍👧 \ud800', '<p>👩‍👩‍👧</p>'],
])(
  '%s arrives as it was written, no line is too long, and every attempt has the same bytes',
  async (_, text, html) => {
    const mail = composeMail(MESSAGE, PROJECT, { subject: text.slice(0, 200), text, html }, LINK);
    const bytes = await buildMime(mail);
    const email = await PostalMime.parse(bytes);
    const lines = (value: string | undefined): string =>
      (value ?? '').replace(/\r\n?/g, '\n').trim();
    expect(lines(email.text)).toBe(lines(text).replace('\ud800', '\ufffd'));
    expect(lines(email.html)).toBe(lines(html));
    expect(
      Math.max(
        ...bytes
          .toString('latin1')
          .split('\r\n')
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(998);
    expect(await buildMime(mail)).toEqual(bytes);
  },
);
