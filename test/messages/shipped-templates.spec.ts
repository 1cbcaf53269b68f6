/**
 * The mails of this repository, rendered with their own samples, byte for byte (golden/). After a wanted
 * change: UPDATE_GOLDEN=1 npx jest -c test/support/jest.config.cjs test/messages/shipped-templates
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type CompiledTemplate, compileTemplate } from '../../src/messages/compile-template.js';
import { deriveText } from '../../src/messages/derive-text.js';
import {
  type RenderContext,
  type RenderedMessage,
  type TemplateData,
  renderAgain,
  renderMessage,
} from '../../src/messages/render-message.js';
import { PROJECT, shippedTemplates } from './shipped-templates.js';

const GOLDEN = join(__dirname, 'golden');
const definitions = shippedTemplates();
const compiled = new Map<string, CompiledTemplate>();
beforeAll(async () => {
  for (const definition of definitions)
    compiled.set(definition.id, await compileTemplate(definition));
});

function context(id: string, locale: string): RenderContext {
  const transactional = id.startsWith('billing/');
  return {
    purpose: transactional ? 'transactional' : 'marketing',
    locale,
    zone: 'Europe/Berlin',
    project: PROJECT,
    links: { unsubscribe: transactional ? null : 'https://links.acme.example/u/TOKEN' },
  };
}

function sample(id: string, locale: string): TemplateData {
  const { sample: given } = definitions.find((definition) => definition.id === id)!.variants[
    locale
  ]!;
  return { profile: {}, account: {}, entry: {}, with: {}, iteration: 0, ...given };
}

function render(id: string, locale: string): RenderedMessage {
  const outcome = renderMessage(compiled.get(id)!, {
    ...context(id, locale),
    ...sample(id, locale),
  });
  if ('failed' in outcome) throw new Error(JSON.stringify(outcome));
  return outcome.rendered;
}

const cases = definitions.flatMap(({ id, variants }) =>
  Object.keys(variants).map((locale) => [id, locale] as const),
);

describe.each(cases)('%s %s', (id, locale) => {
  it('renders as in golden/', () => {
    const { subject, preheader, html, text } = render(id, locale);
    const name = join(GOLDEN, `${id}.${locale || 'en'}`);
    const actual = {
      [`${name}.html`]: html,
      [`${name}.txt`]: `Subject: ${subject}\nPreheader: ${preheader}\n\n${text}\n`,
    };
    for (const [file, content] of Object.entries(actual)) {
      if (process.env.UPDATE_GOLDEN) {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, content);
      }
      expect(content).toBe(readFileSync(file, 'utf8'));
    }
  });

  it('has the text part that html-to-text makes of the rendered mail', () => {
    const { html, text } = render(id, locale);
    expect(text).toBe(deriveText(html));
  });

  it('renders again from the variables that were kept', () => {
    const first = render(id, locale);
    const stored = JSON.parse(JSON.stringify(first.variables)) as Record<string, unknown>;
    expect(renderAgain(compiled.get(id)!, context(id, locale), stored)).toEqual({
      rendered: first,
    });
  });

  it('can be sent to somebody whose name is unknown', () => {
    const { first_name: _, ...profile } = sample(id, locale).profile;
    const outcome = renderMessage(compiled.get(id)!, {
      ...context(id, locale),
      ...sample(id, locale),
      profile,
    });
    if ('failed' in outcome) throw new Error(JSON.stringify(outcome));
    expect(outcome.rendered.text).toMatch(/^(Hi there,|Здравствуйте!)$/m);
  });

  it('is smaller than what Gmail cuts', () => {
    expect(Buffer.byteLength(render(id, locale).html)).toBeLessThan(30_000);
  });
});

it('there is an English and a Russian variant of every mail', () => {
  for (const { variants } of definitions) expect(Object.keys(variants).sort()).toEqual(['', 'ru']);
});
