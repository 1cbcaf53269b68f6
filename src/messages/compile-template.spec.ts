import type {
  TemplateDefinition,
  TemplateVariant,
} from '../language/templates/template-definition.js';
import { TemplateCache, compileTemplate } from './compile-template.js';
import { TemplateLimitError } from './template-source.js';

const VARIANT: TemplateVariant = {
  format: 'html',
  subject: 'Hello',
  preheader: null,
  from: null,
  defaults: {},
  sample: {},
  body: '',
  layout: null,
  partials: {},
  text: null,
};

function definition(over: Partial<TemplateVariant>, locale = ''): TemplateDefinition {
  return { kind: 'template', id: 'a/b', variants: { [locale]: { ...VARIANT, ...over } } };
}

const refusal = (over: Partial<TemplateVariant>, locale?: string): Promise<string> =>
  compileTemplate(definition(over, locale)).then(
    () => 'compiled',
    (error: Error) => `${error.name}: ${error.message}`,
  );

const mjml = (inner: string): string =>
  `<mjml><mj-body><mj-section><mj-column>${inner}</mj-column></mj-section></mj-body></mjml>`;

describe('values stand only where escaping protects them', () => {
  it.each([
    [
      'unescaped',
      '<p>{{{profile.a}}}</p>',
      'a/b line 1: {{{profile.a}}} would write data unescaped; use two braces',
    ],
    ['unescaped by &', '<p>{{& profile.a}}</p>', 'would write data unescaped'],
    [
      'an attribute without quotes',
      '<a class={{profile.a}}>x</a>',
      'cannot stand in the attribute class without quotes',
    ],
    [
      'among attributes',
      '<a {{profile.a}}>x</a>',
      'cannot stand among the attributes of an element',
    ],
    [
      'an attribute name',
      '<a data-{{profile.a}}="x">x</a>',
      'cannot stand among the attributes of an element',
    ],
    ['an element name', '<{{profile.a}}>x</p>', 'cannot stand in the name of an element'],
    ['a style', '<p style="color: {{profile.a}}">x</p>', 'cannot stand in the attribute style'],
    ['a style sheet', '<style>p { color: {{profile.a}} }</style>', 'cannot stand inside <style>'],
    ['an SVG', '<svg><text>{{profile.a}}</text></svg>', 'cannot stand inside <svg>'],
    ['a comment', '<!-- {{profile.a}} -->', 'cannot stand in an HTML comment'],
    [
      'a redirect',
      '<meta http-equiv="refresh" content="0;url={{profile.a}}">',
      'cannot stand in the attribute content',
    ],
    ['srcset', '<img srcset="{{profile.a}}">', 'cannot stand in the attribute srcset'],
    [
      'half a scheme',
      '<a href="java{{profile.a}}">x</a>',
      'must begin with https://, http://, mailto: or tel:',
    ],
    [
      'half a scheme behind a block',
      '<a href="{{#if profile.b}}java{{/if}}{{profile.a}}">x</a>',
      'must begin with',
    ],
    [
      'a block across attributes',
      '<a title="{{#if profile.a}}" class="{{/if}}">x</a>',
      'opens or closes in the middle of an attribute',
    ],
  ])('%s is refused', async (_, body, message) => {
    expect(await refusal({ body })).toMatch(/^TemplateError/);
    expect(await refusal({ body })).toContain(message);
  });

  it.each([
    '<script>alert(1)</script>',
    '<iframe src="https://x.example"></iframe>',
    '<form action="https://x.example"></form>',
    '<p onclick="x()">x</p>',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="java&#x73;cript:alert(1)">x</a>',
    '<a href=" javascript:x">x</a>',
    '<a href="//evil.example">x</a>',
    '<img src="data:image/png;base64,AA">',
  ])('an author cannot write %s either', async (body) => {
    expect(await refusal({ body })).toMatch(/^TemplateError/);
  });

  it.each([
    '<a href="{{profile.a}}">x</a>',
    '<a href="https://x.example/{{profile.a}}?b={{profile.b}}">x</a>',
    '<a href="mailto:{{profile.a}}">x</a>',
    '<a href="{{#if profile.a}}{{profile.a}}{{else}}https://x.example{{/if}}">x</a>',
    '<p title="{{profile.a}}" class=plain>{{profile.a}}</p>',
    '<p style="{{#if profile.a}}color:red{{/if}}">x</p>',
    '<a href="https://x.example{{#if profile.a}}/a{{/if}}">x</a>',
  ])('%s compiles', async (body) => {
    expect(await refusal({ body })).toBe('compiled');
  });
});

describe('MJML', () => {
  it('names the bare {{#if}} that MJML would drop in silence', async () => {
    expect(await refusal({ body: mjml('\n{{#if profile.a}}\n<mj-text>Hi</mj-text>{{/if}}') })).toBe(
      'TemplateError: a/b line 2: {{#if profile.a}} stands where it would be dropped - between two MJML components, for example; wrap it in <mj-raw>...</mj-raw>',
    );
    expect(
      await refusal({
        body: mjml(
          '<mj-raw>{{#if profile.a}}</mj-raw><mj-text>Hi</mj-text><mj-raw>{{/if}}</mj-raw>',
        ),
      }),
    ).toBe('compiled');
  });

  it('reports what MJML finds', async () => {
    expect(await refusal({ body: mjml('<mj-text colr="red">Hi</mj-text>') })).toBe(
      'TemplateError: a/b line 1: <mj-text>: Attribute colr is illegal',
    );
  });

  it('never reads files', async () => {
    expect(await refusal({ body: mjml('<mj-include path="/etc/os-release" />') })).toContain(
      '<mj-include> reads files',
    );
  });
});

describe('expressions', () => {
  it.each([
    [
      '{{first_name}}',
      'first_name is neither a helper nor a variable; variables begin with profile, account, entry, with, iteration (profile.first_name?)',
    ],
    ['{{constructor}}', 'constructor is neither a helper nor a variable'],
    ['{{__proto__}}', 'neither a helper nor a variable'],
    ['{{@root.profile}}', 'there is no @root'],
    ['{{#each profile.a}}{{../x}}{{/each}}', '"../" is not needed'],
    ['{{this}}', 'means something only inside {{#each}}'],
    ['{{shout profile.a}}', 'there is no helper shout'],
    ['{{lookup profile "constructor"}}', 'there is no helper lookup'],
    ['{{#with profile.a}}x{{/with}}', 'there is no block {{#with}}'],
    ['{{#profile.a}}x{{/profile.a}}', 'there is no block'],
    ['{{> missing}}', 'there is no partial missing'],
    ['{{> @body}}', 'belongs into a layout'],
    ['{{#> x}}{{/x}}', 'not part of the language'],
    ['{{* decorator}}', 'not part of the language'],
    ['\\{{profile.a}}', 'not part of the language'],
    ['<p>\n{{#if profile.a}}</p>', 'a/b line 2: {{#if profile.a}} is never closed'],
    ['{{#if profile.a}}{{/each}}', 'closes {{#if profile.a}}'],
    ['{{/if}}', 'closes nothing'],
    ['{{profile.a', 'Parse error'],
    ['{{profile.a "x"}}', 'there is no helper profile.a'],
    ['{{plural profile.a one="x"}}', 'plural needs other="..."'],
  ])('%s is refused', async (body, message) => {
    const said = await refusal({ body });
    expect(said).toMatch(/^TemplateError/);
    expect(said).toContain(message);
  });

  it('Russian plurals need all four forms', async () => {
    const body = '{{plural profile.n one="# день" other="# дня"}}';
    expect(await refusal({ body }, 'ru')).toContain('plural needs few="...", many="..." in ru');
  });

  it('lines are those of the file, front matter included, and partials name themselves', async () => {
    expect(await refusal({ body: '<p>\n{{oops}}</p>', bodyLine: 7 })).toContain('a/b line 8');
    expect(await refusal({ body: '{{> footer}}', partials: { footer: '\n{{oops}}' } })).toContain(
      'partial footer line 2',
    );
    expect(await refusal({ body: 'x', layout: '{{oops}}{{> @body}}' })).toContain('layout line 1');
    expect(await refusal({ body: 'x', text: '\n\n{{oops}}' })).toContain('a/b.txt line 3');
    expect(await refusal({ body: 'x', subject: '{{oops}}' })).toContain('subject of a/b line 1');
  });

  it('partials that include each other end', async () => {
    expect(await refusal({ body: '{{> a}}', partials: { a: '{{> a}}' } })).toContain(
      'nested more than 10 deep',
    );
  });

  it('a layout without a place for the body is refused', async () => {
    expect(await refusal({ body: 'x', layout: '<html></html>' })).toContain(
      'its layout has no {{> @body}}',
    );
  });
});

describe('TemplateCache', () => {
  it('compiles a version once, refuses one for ever, and loads again after a failure', async () => {
    const cache = new TemplateCache();
    let asked = 0;
    const good = () => (asked++, definition({ body: '<p>x</p>' }));
    const [first, second] = await Promise.all([cache.get(1, good), cache.get(1, good)]);
    expect(first).toBe(second);
    expect(asked).toBe(1);
    const bad = () => (asked++, definition({ body: '{{x}}' }));
    await expect(cache.get(2, bad)).rejects.toThrow('neither');
    await expect(cache.get(2, bad)).rejects.toThrow('neither');
    expect(asked).toBe(2);
    await expect(cache.get(3, () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    await expect(cache.get(3, good)).resolves.toBeDefined();
  });
});

describe('what is too large or too deep is refused in a moment, at its place', () => {
  const levels = (count: number, open: string, close: string): string =>
    `${open.repeat(count)}${close.repeat(count)}`;
  const tenfold = Object.fromEntries(
    Array.from({ length: 9 }, (_, i) => [`p${i}`, i < 8 ? `{{> p${i + 1}}}`.repeat(10) : 'x']),
  );
  const deepElements = 'elements are nested deeper than 100 levels';
  const deepBlocks = 'Handlebars is nested deeper than 50 levels';
  it.each<[string, Partial<TemplateVariant>, string]>([
    ['40,000 elements in HTML', { body: levels(40_000, '<div>', '</div>') }, deepElements],
    ['40,000 elements in MJML', { body: mjml(levels(40_000, '<mj-text>', '')) }, deepElements],
    ['2,000 MJML sections', { body: `<mjml>${'<mj-section>'.repeat(2_000)}` }, deepElements],
    [
      'a partial that holds itself',
      { body: '{{> p}}', partials: { p: '{{> p}}{{> p}}' } },
      '10 deep',
    ],
    ['partials that hold ten each', { body: '{{> p0}}', partials: tenfold }, 'more than 500000'],
    ['20,000 blocks', { body: levels(20_000, '{{#if profile.a}}', '{{/if}}') }, deepBlocks],
    [
      'a chain of 5,000 else if',
      { body: `{{#if profile.a}}${'{{else if profile.b}}'.repeat(5_000)}{{/if}}` },
      deepBlocks,
    ],
    ['3,000 sub-expressions', { body: `{{date ${levels(3_000, '(date ', ')')}}}` }, deepBlocks],
    ['blocks in the text part', { text: levels(60, '{{#if profile.a}}', '{{/if}}') }, deepBlocks],
  ])('%s', async (_name, over, said) => {
    const began = performance.now();
    const error = await compileTemplate(definition(over)).then(
      () => null,
      (refused: unknown) => refused,
    );
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(error).toBeInstanceOf(TemplateLimitError);
    expect(error).toMatchObject({
      message: expect.stringContaining(said),
      place: { line: 1, column: expect.any(Number) },
    });
  });
});
