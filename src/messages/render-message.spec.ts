import fc from 'fast-check';
import { type DefaultTreeAdapterTypes, parse } from 'parse5';
import type { TemplateVariant } from '../language/templates/template-definition.js';
import { deriveText } from './derive-text.js';
import { type CompiledTemplate, compileTemplate } from './compile-template.js';
import {
  type RenderContext,
  type RenderOutcome,
  type TemplateData,
  pickVariant,
  renderMessage,
} from './render-message.js';

const CONTEXT: RenderContext & TemplateData = {
  purpose: 'transactional',
  locale: 'en-GB',
  zone: 'Europe/Berlin',
  project: { project: 'Acme', locale: 'en', postalAddress: 'Acme, Berlin' },
  links: { unsubscribe: null },
  profile: {},
  account: {},
  entry: {},
  with: {},
  iteration: 3,
};

const variant = (over: Partial<TemplateVariant>): TemplateVariant => ({
  format: 'html',
  subject: 'Hello',
  preheader: null,
  from: null,
  defaults: {},
  sample: {},
  body: '<p>x</p>',
  layout: '{{> @body}}',
  partials: {},
  text: null,
  ...over,
});
const compile = (over: Partial<TemplateVariant>, locale = ''): Promise<CompiledTemplate> =>
  compileTemplate({ kind: 'template', id: 'a/b', variants: { [locale]: variant(over) } });

async function html(
  body: string,
  data: Partial<RenderContext & TemplateData> = {},
  over: Partial<TemplateVariant> = {},
): Promise<string> {
  const outcome = renderMessage(await compile({ body, ...over }), { ...CONTEXT, ...data });
  return 'rendered' in outcome
    ? outcome.rendered.html
    : `failed: ${outcome.detail.message} (${outcome.detail.where})`;
}

describe('missing values', () => {
  it('fail the message with variable, template and line', async () => {
    const template = await compile({ body: '<p>Hi\n{{profile.first_name}},</p>', bodyLine: 5 });
    for (const first_name of [undefined, null, '', '  ']) {
      expect(renderMessage(template, { ...CONTEXT, profile: { first_name } })).toEqual({
        failed: 'failed_render',
        detail: {
          variable: 'profile.first_name',
          where: 'a/b line 6',
          message: 'profile.first_name has no value and no default',
        },
        missing: { 'profile.first_name': null },
      });
    }
  });

  it('take the default of the front matter or of the place', async () => {
    expect(await html('{{profile.a}}', {}, { defaults: { 'profile.a': 'there' } })).toBe('there');
    expect(await html('{{default profile.a "you"}}')).toBe('you');
  });

  it('are false in {{#if}}, and an empty {{#each}} shows its else', async () => {
    expect(
      await html('{{#if profile.a}}a{{else if profile.b}}b{{else}}c{{/if}}', { profile: { b: 1 } }),
    ).toBe('b');
    expect(await html('{{#unless profile.a}}none{{/unless}}')).toBe('none');
    expect(await html('{{#each entry.items}}x{{else}}nothing{{/each}}')).toBe('nothing');
  });
});

describe('hostile data', () => {
  it('cannot reach a prototype', async () => {
    const profile = JSON.parse(
      '{"n":{"toString":"x"},"if":"field","constructor":"mine","__proto__":{"polluted":"yes"}}',
    ) as Record<string, unknown>;
    expect(await html('{{profile.if}} {{profile.constructor}}', { profile })).toBe('field mine');
    expect(await html('{{profile.n}}', { profile })).toBe(
      'failed: profile.n is a record, not text (a/b line 1)',
    );
    expect(await html('{{profile.n.toString}}', { profile })).toBe('x');
    expect(await html('{{profile.polluted}}', { profile })).toContain('failed');
    for (const path of [
      'constructor',
      'toString',
      '__proto__',
      'name.constructor',
      'name.length',
      'list.map',
    ]) {
      expect(await html(`{{profile.${path}}}`, { profile: { name: 'Ann', list: [1] } })).toContain(
        'no value',
      );
    }
  });

  it('is escaped in html and left alone in text and subject', async () => {
    const template = await compile({
      subject: 'Hi {{profile.a}}',
      body: '<p title="{{profile.a}}">{{profile.a}}</p>',
    });
    const outcome = renderMessage(template, {
      ...CONTEXT,
      profile: { a: `<b>"&'\r\nBcc: evil@example.com` },
    });
    expect(outcome).toMatchObject({
      rendered: {
        subject: `Hi <b>"&' Bcc: evil@example.com`,
        html: expect.stringContaining('&lt;b&gt;&quot;&amp;&#x27;') as string,
        text: expect.stringContaining(`<b>"&'`) as string,
      },
    });
  });

  it.each([
    'javascript:alert(1)',
    ' https://x.example',
    'JaVaScRiPt:x',
    'java\nscript:x',
    '//evil.example',
    'data:text/html,x',
    'ftp://x',
    'https://',
    '\u0001https://x.example',
  ])('a link cannot become %j', async (url) => {
    expect(await html('<a href="{{profile.url}}">x</a>', { profile: { url } })).toContain(
      'failed: a link must begin with',
    );
    expect(
      await html('{{#each entry.urls as |url|}}<a href="{{url}}">x</a>{{/each}}', {
        entry: { urls: [url] },
      }),
    ).toContain('failed: a link');
  });

  it('cannot keep the renderer busy: 300 items in three nested loops', async () => {
    const items = Array.from({ length: 300 }, (_, index) => index);
    const loop = '{{#each entry.items}}';
    const body = `${loop}${loop}${loop}x{{/each}}{{/each}}{{/each}}`;
    expect(await html(body, { entry: { items } })).toMatch(
      /^failed: more than 20000 steps to render/,
    );
  });

  it('cannot make a mail of a megabyte', async () => {
    const items = Array.from({ length: 100 }, () => 'x'.repeat(10_000));
    expect(await html('{{#each entry.items}}{{this}}{{/each}}', { entry: { items } })).toMatch(
      /^failed: more than 500000 characters/,
    );
  });

  it.each([
    ['{{profile.a}}', 'profile.a'],
    ['{{default profile.a "you"}}', 'profile.a'],
    ['{{default (truncate profile.a 20000) "you"}}', 'profile.a'],
    ['{{#each entry.items as |item|}}{{item.text}}{{/each}}', 'item.text'],
    ['<a href="{{profile.a}}">x</a>', 'profile.a'],
  ])('cannot write a value of more than 10,000 characters: %s', async (body, variable) => {
    const long = `https://x.example/${'x'.repeat(10_000)}`;
    const data = { ...CONTEXT, profile: { a: long }, entry: { items: [{ text: long }] } };
    expect(renderMessage(await compile({ body }), data)).toMatchObject({
      failed: 'failed_render',
      detail: {
        variable,
        where: 'a/b line 1',
        message: `${variable} has more than 10000 characters`,
      },
    });
    expect(
      await html('{{truncate profile.a 9}}{{#if profile.a}}!{{/if}}', { profile: { a: long } }),
    ).toBe('https://…!');
  });

  it('cannot make a subject that does not fit a line or reads backwards', async () => {
    const template = await compile({ subject: 'Hi {{profile.a}}' });
    const subject = (a: string) => {
      const outcome = renderMessage(template, { ...CONTEXT, profile: { a } });
      return 'rendered' in outcome ? outcome.rendered.subject : outcome;
    };
    expect(subject('x'.repeat(497))).toHaveLength(500);
    expect(subject('x'.repeat(498))).toMatchObject({
      failed: 'failed_render',
      detail: { where: 'a/b', message: 'the subject has more than 500 characters' },
    });
    expect(subject('\u202eevil\u202c \u2066a\u2069 \u202a\u202b\u202d\u2067\u2068 b\u200f')).toBe(
      'Hi evil a b\u200f',
    );
  });

  it('never changes the structure of the mail (parse5 as judge)', async () => {
    const template = await compile({
      body: '<a href="{{profile.url}}" title="{{profile.a}}">{{profile.a}}</a><ul>{{#each entry.items}}<li class="{{this.k}}">{{this.v}}</li>{{/each}}</ul><td align="left">{{profile.a}}',
    });
    const nasty = fc
      .oneof(
        fc.string({ unit: 'binary' }),
        fc
          .array(
            fc.constantFrom(
              '<',
              '>',
              '"',
              "'",
              '`',
              '=',
              '&',
              '&lt',
              ' onmouseover=alert(1) ',
              '<script>',
              '-->',
              '</a>',
              '{{profile.a}}',
              '\0',
              '\n',
            ),
          )
          .map((parts) => parts.join('')),
      )
      .map((text) => `x${text}`);
    const shape = (outcome: RenderOutcome): string[] => {
      if ('failed' in outcome) throw new Error(outcome.detail.message);
      return skeleton(parse(outcome.rendered.html));
    };
    const data = (a: string, v: string) => ({
      ...CONTEXT,
      profile: { a, url: `https://x.example/${a.replace(/[\u0000-\u001f]/g, '')}` },
      entry: { items: [{ k: a, v }] },
    });
    const harmless = shape(renderMessage(template, data('x', 'y')));
    fc.assert(
      fc.property(nasty, nasty, (a, v) => {
        expect(shape(renderMessage(template, data(a, v)))).toEqual(harmless);
      }),
      { numRuns: 200 },
    );
  });
});

/** Elements and attribute names in document order. */
function skeleton(node: DefaultTreeAdapterTypes.Node): string[] {
  const own =
    'tagName' in node ? [`${node.tagName} ${node.attrs.map(({ name }) => name).join()}`] : [];
  return 'childNodes' in node ? [...own, ...node.childNodes.flatMap(skeleton)] : own;
}

describe('marketing', () => {
  const marketing = {
    purpose: 'marketing',
    links: { unsubscribe: 'https://l.example/u/t' },
  } as const;

  it('shows how to leave and who writes, in both parts', async () => {
    expect(await html('<p>Buy</p>', marketing)).toBe(
      'failed: the html part of a marketing mail must show {{unsubscribe_url}} (a/b)',
    );
    expect(await html('<a href="{{unsubscribe_url}}">x</a>', marketing)).toContain(
      'must show {{postal_address}}',
    );
    const full = '<a href="{{unsubscribe_url}}">x</a> {{postal_address}}';
    expect(await html(full, marketing, { text: 'Buy {{postal_address}}' })).toBe(
      'failed: the text part of a marketing mail must show {{unsubscribe_url}} (a/b)',
    );
    expect(await html(full, marketing)).toBe('<a href="https://l.example/u/t">x</a> Acme, Berlin');
  });

  it('a fragment without layout gets a frame that does', async () => {
    const outcome = renderMessage(await compile({ body: '<p>Buy</p>', layout: null }), {
      ...CONTEXT,
      ...marketing,
    });
    expect(outcome).toMatchObject({
      rendered: { text: 'Buy\n\nAcme, Berlin\nUnsubscribe <https://l.example/u/t>' },
    });
    expect(await html('<p>Receipt</p>', {}, { layout: null })).not.toContain('Unsubscribe');
    const russian = await compile({ body: '<p>Купите</p>', layout: null }, 'ru');
    expect(renderMessage(russian, { ...CONTEXT, ...marketing, locale: 'ru' })).toMatchObject({
      rendered: { text: expect.stringContaining('Отписаться') as string },
    });
  });
});

it('the derived text says what html-to-text says of the rendered mail, whatever the blocks do', async () => {
  const fragments = [
    '<p>Hello {{profile.name}}</p>',
    '{{#if profile.a}}<p>Only with a</p>{{/if}}',
    '<p>one{{#if profile.a}} and a{{else}} without{{/if}}, two</p>',
    '<ul>{{#each entry.items}}<li>{{this.v}}{{#unless @last}};{{/unless}}</li>{{/each}}</ul>',
    '<ul><li>first</li>{{#if profile.a}}<li>second</li>{{/if}}</ul>',
    '<p><a href="https://x.example/{{profile.name}}">{{profile.name}}</a></p>',
    '<div><div>deep {{#each entry.items}}{{this.v}} {{/each}}</div></div>',
    '<table><tr><td>cell {{profile.name}}</td><td>other</td></tr></table>',
    '<h1>Title &amp; {{profile.name}}</h1>',
    'bare text<br>and <b>bold</b>',
    '<img src="https://x.example/i.png" alt="{{profile.name}}">',
  ];
  const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');
  const cases = fc.sample(
    fc.tuple(fc.array(fc.constantFrom(...fragments), { maxLength: 6 }), fc.boolean(), fc.nat(3)),
    { numRuns: 60, seed: 7 },
  );
  for (const [parts, a, count] of cases) {
    const template = await compile({ body: `<body>${parts.join('\n')}</body>`, layout: null });
    const items = Array.from({ length: count }, (_, index) => ({ v: `item-${index}` }));
    const data = { ...CONTEXT, profile: { name: 'Ann-<3', a: a || undefined }, entry: { items } };
    const outcome = renderMessage(template, data);
    if ('failed' in outcome) throw new Error(outcome.detail.message);
    expect(words(outcome.rendered.text)).toEqual(words(deriveText(outcome.rendered.html)));
    expect(outcome.rendered.text).not.toMatch(/\n{3}|\{\{|rkq/);
  }
});

describe('helpers', () => {
  it.each([
    ['{{date entry.day}}', { day: '2026-05-01' }, '1 May 2026'],
    ['{{date entry.day "full"}}', { day: '2026-05-01' }, 'Friday, 1 May 2026'],
    ['{{date entry.at}} {{time entry.at}}', { at: '2026-04-30T22:30:00Z' }, '1 May 2026 00:30'],
    [
      '{{date entry.day}}',
      { day: '2026-02-31' },
      'failed: date: "2026-02-31" is not a date (a/b line 1)',
    ],
    [
      '{{time entry.at}}',
      { at: '2026-02-31T10:00:00+02:00' },
      'failed: time: "2026-02-31T10:00:00+02:00" is not an instant (a/b line 1)',
    ],
    ['{{date entry.day}}', { day: 'soon' }, 'failed: date: "soon" is not a date (a/b line 1)'],
    ['{{money entry.a "EUR"}} {{money entry.b "usd"}}', { a: 20, b: 19.9 }, '€20 $19.90'],
    [
      '{{money entry.a entry.c}}',
      { a: 20, c: 'nonsense' },
      'failed: money: "nonsense" is not a currency (a/b line 1)',
    ],
    ['{{plural entry.n one="# day" other="# days"}}', { n: 1 }, '1 day'],
    ['{{plural entry.n one="# day" other="# days"}}', { n: 1200 }, '1,200 days'],
    ['{{truncate entry.a 5}}', { a: 'abcdefg' }, 'abcd…'],
    ['{{truncate entry.a 2}}', { a: '👩‍👩‍👧a' }, '👩‍👩‍👧a'],
    [
      '{{#if (eq entry.a "x")}}yes{{/if}}{{#if (not (and entry.a entry.b))}}no{{/if}}',
      { a: 'x' },
      'yesno',
    ],
    ['{{iteration}}', {}, '3'],
    [
      '{{#each entry.l as |x|}}{{@index}}{{x.a}}{{profile.p}}{{#if @last}}.{{/if}}{{/each}}',
      { l: [{ a: 'u' }, { a: 'v' }] },
      '0uP1vP.',
    ],
  ])('%s with %j', async (body, entry, expected) => {
    expect(await html(body, { entry, profile: { p: 'P' } })).toBe(expected);
  });

  it('Russian has four plural forms', async () => {
    const template = await compile(
      { body: '{{plural entry.n one="# день" few="# дня" many="# дней" other="# дня"}}' },
      'ru',
    );
    const write = (n: number) =>
      renderMessage(template, { ...CONTEXT, locale: 'ru', entry: { n } });
    expect(
      [1, 2, 5, 21, 1.5].map((n) => (write(n) as { rendered: { text: string } }).rendered.text),
    ).toEqual(['1 день', '2 дня', '5 дней', '21 день', '1,5 дня']);
  });
});

describe('locales', () => {
  it('fall back from region to language to the variant without suffix', async () => {
    const template = await compileTemplate({
      kind: 'template',
      id: 'a/b',
      variants: { '': variant({}), ru: variant({}), 'pt-BR': variant({}) },
    });
    const picked = ['ru-RU', 'ru', 'pt-br', 'pt', 'de', null].map(
      (locale) => pickVariant(template, locale).locale,
    );
    expect(picked).toEqual(['ru', 'ru', 'pt-BR', '', '', '']);
  });

  it('dates are written in the language of the mail, whatever the profile says its locale is', async () => {
    const entry = { day: '2026-05-01' };
    const written = [];
    for (const locale of ['en-US', 'de-DE', 'nonsense!', '__proto__', { a: 1 }, null, 'ru_RU'])
      written.push(await html('{{date entry.day}}', { locale, entry }));
    expect(written).toEqual(['May 1, 2026', ...Array(6).fill('May 1, 2026')]);
  });
});
