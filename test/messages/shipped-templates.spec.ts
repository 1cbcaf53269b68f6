/**
 * The mails of this repository, rendered with their own samples, byte for byte (golden/). After a wanted
 * change: UPDATE_GOLDEN=1 npx jest -c test/support/jest.config.cjs test/messages/shipped-templates
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { checkConfiguration } from '../../src/app/check-configuration.js';
import type { Definitions } from '../../src/language/definitions.js';
import { compileTemplate, type CompiledTemplate } from '../../src/messages/compile-template.js';
import { deriveText } from '../../src/messages/derive-text.js';
import {
  renderAgain,
  type RenderContext,
  type RenderedMessage,
  renderMessage,
  type TemplateData,
} from '../../src/messages/render-message.js';
import { purposesOf } from '../../src/messages/render-samples.js';

const GOLDEN = join(__dirname, 'golden');
const ROOT = resolve(__dirname, '../..');
const TEMPLATES = join(ROOT, 'templates');
const IDS = readdirSync(TEMPLATES, { recursive: true, encoding: 'utf8' })
  .filter((name) => !/^(layouts|partials)|\.ru\./.test(name) && name.endsWith('.mjml'))
  .map((name) => name.replace(/\.mjml$/, ''))
  .sort();
/** Whose HTML is kept as well; of the others the text: the frame is the same. */
const WHOLE =
  /^(billing\/|internal\/low-engagement|onboarding\/setup-help|win-back\/(feedback|offer|reminder))/;

let definitions: Definitions;
const compiled = new Map<string, CompiledTemplate>();
beforeAll(async () => {
  const checked = await checkConfiguration({
    config: join(ROOT, 'config'),
    templates: join(ROOT, 'templates'),
  });
  expect(checked.diagnostics).toEqual([]);
  definitions = checked.definitions!;
  for (const definition of definitions.templates) {
    compiled.set(definition.id, await compileTemplate(definition));
  }
});

/** As the campaigns send it; of several purposes the first. */
function context(id: string, locale: string): RenderContext {
  const [purpose = 'marketing'] = purposesOf(definitions).get(id) ?? [];
  return {
    purpose,
    locale,
    zone: 'Europe/Berlin',
    project: definitions.project,
    links: {
      unsubscribe: purpose === 'marketing' ? 'https://links.acme.example/u/TOKEN' : null,
    },
  };
}

function sample(id: string, locale: string): TemplateData {
  const { sample: given } = definitions.templates.find((template) => template.id === id)!.variants[
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

const cases = IDS.flatMap((id) => ['', 'ru'].map((locale) => [id, locale] as const));

describe.each(cases)('%s %s', (id, locale) => {
  it('renders as in golden/', () => {
    const { subject, preheader, html, text } = render(id, locale);
    const name = join(GOLDEN, `${id}.${locale || 'en'}`);
    const actual = {
      ...(WHOLE.test(id) ? { [`${name}.html`]: html } : {}),
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
      missing: {},
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
    const { text } = outcome.rendered;
    if (context(id, locale).purpose === 'notice') expect(text).toContain(profile['email']);
    else expect(text).toMatch(/^(Hi there,|Здравствуйте!)$/m);
  });

  it('loads nothing from a third party when it is opened', () => {
    const { html } = render(id, locale);
    expect(html).not.toMatch(/@import|<link|<script|\bsrc="https?:/);
  });

  it('is smaller than what Gmail cuts', () => {
    expect(Buffer.byteLength(render(id, locale).html)).toBeLessThan(30_000);
  });
});

it('every mail is here in English and Russian and belongs to a campaign, and every campaign has a test', () => {
  expect(definitions.templates.map(({ id }) => id).sort()).toEqual(IDS);
  const steps = JSON.stringify(definitions.campaigns.map((campaign) => campaign.steps));
  for (const { id, variants } of definitions.templates) {
    expect([id, Object.keys(variants).sort()]).toEqual([id, ['', 'ru']]);
    expect([id, steps.includes(`"${id}"`)]).toEqual([id, true]);
  }
  const campaigns = definitions.campaigns.map(({ id, purpose, topic }) => [id, purpose, topic]);
  expect(campaigns).toEqual(
    expect.arrayContaining([
      ['card-expiring', 'transactional', null],
      ['dunning', 'transactional', null],
      ['incident', 'transactional', null],
      ['short-first-session', 'marketing', 'onboarding'],
      ['win-back', 'marketing', 'offers'],
    ]),
  );
  const tested = readdirSync(join(ROOT, 'config/tests')).map((name) => name.split('.')[0]);
  expect(new Set(tested)).toEqual(new Set(definitions.campaigns.map(({ id }) => id)));
});

test.each(cases.filter(([id]) => id.startsWith('internal/')))(
  '%s %s can be about somebody without an address, of a company without a name',
  (id, locale) => {
    const { subject, html } = renderAbout(id, locale);
    expect(subject).toMatch(/without|без /);
    expect(html).not.toContain('mailto:');
  },
);

function renderAbout(id: string, locale: string): RenderedMessage {
  const data = { ...sample(id, locale), profile: {}, account: {} };
  const outcome = renderMessage(compiled.get(id)!, { ...context(id, locale), ...data });
  if ('failed' in outcome) throw new Error(JSON.stringify(outcome));
  return outcome.rendered;
}
