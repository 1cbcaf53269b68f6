/** Every helper with every number of values: told by validate, and never more than one mail that fails. */
import { HELPER_ARGUMENTS, TEMPLATE_HELPERS } from '../core/template-helpers.js';
import { checkDefinitions } from './check-definitions.js';
import { compileTemplate } from './compile-template.js';
import { renderMessage } from './render-message.js';
import { TemplateError } from './template-source.js';

const SECOND: Record<string, string> = { date: '"full"', money: '"EUR"' };
const FORMS = [' one="# day" other="# days"', ' currency="EUR"', ''];
const calls = TEMPLATE_HELPERS.flatMap((name) =>
  [0, 1, 2, 3, 4].flatMap((count) =>
    FORMS.flatMap((named) => {
      const values = ['profile.a', SECOND[name] ?? 'profile.b', 'profile.b', '4'];
      const call = [name, ...values.slice(0, count)].join(' ') + named;
      const { least, most } = HELPER_ARGUMENTS[name];
      const knows = named === '' || (name === 'plural' && named.includes('other'));
      const fits = count >= least && count <= most && knows;
      return [`{{${call}}}`, `{{#if (${call})}}x{{/if}}`].map((body) => ({ body, fits }));
    }),
  ),
);

describe('helpers with any number of values', () => {
  it('are told of by validate when it is not theirs, and only then', async () => {
    const file = {
      path: 'templates/a.html',
      kind: 'template',
      id: 'a',
      format: 'html',
    } as const;
    const wrong: string[] = [];
    for (const { body, fits } of calls) {
      const text = `---\nsubject: Hello\n---\n<p>${body}</p>\n`;
      const { diagnostics } = await checkDefinitions([{ ...file, text }]);
      const told = diagnostics.some(({ code }) => code === 'RK613');
      if (told === fits) wrong.push(body);
    }
    expect(wrong).toEqual([]);
  });

  it('of a stored version render, or fail the one mail', async () => {
    const data = { profile: { a: 5, b: 'text' }, account: {}, entry: {}, with: {}, iteration: 0 };
    const outcomes = new Set<string>();
    for (const { body, fits } of calls) {
      const variant = {
        format: 'html' as const,
        subject: 'Hello',
        preheader: null,
        from: null,
        defaults: {},
        sample: {},
        body: `<p>${body}</p>`,
        layout: null,
        partials: {},
        text: null,
      };
      const definition = { kind: 'template' as const, id: 'a', variants: { '': variant } };
      const compiled = await compileTemplate(definition).catch((error: unknown) => {
        if (error instanceof TemplateError && (!fits || body.includes('plural'))) return null;
        throw error;
      });
      const outcome = compiled && renderMessage(compiled, { ...data, ...CONTEXT });
      outcomes.add(outcome === null || 'failed' in outcome ? 'failed' : 'rendered');
      if (outcome && 'failed' in outcome)
        expect(outcome.detail.message).not.toMatch(/hash|function|undefined/);
    }
    expect(outcomes).toEqual(new Set(['failed', 'rendered']));
  });
});

const CONTEXT = {
  purpose: 'transactional' as const,
  locale: 'en',
  zone: 'Europe/Berlin',
  project: { project: 'Acme', locale: 'en', postalAddress: null },
  links: { unsubscribe: null },
};
