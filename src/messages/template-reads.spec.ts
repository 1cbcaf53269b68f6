import { compileTemplate } from './compile-template.js';
import { renderMessage, type RenderOutcome } from './render-message.js';

async function rendered(
  parts: { body: string; defaults?: Record<string, string> },
  profile: Record<string, unknown>,
): Promise<RenderOutcome> {
  const variant = { subject: 'Hello', preheader: null, from: null, sample: {}, layout: null };
  const template = await compileTemplate({
    kind: 'template',
    id: 'a/b',
    variants: {
      '': { format: 'html', ...variant, defaults: {}, partials: {}, text: null, ...parts },
    },
  });
  return renderMessage(template, {
    purpose: 'transactional',
    locale: 'en',
    zone: 'UTC',
    project: { project: 'Acme', locale: 'en', postalAddress: null },
    links: { unsubscribe: null },
    profile,
    account: {},
    entry: {},
    with: {},
    iteration: 0,
  });
}

test('what is read and has no value is told, with the default that stood in its place', async () => {
  const { missing } = await rendered(
    {
      body: '{{profile.a}} {{default profile.b "you"}} {{#if profile.c}}!{{/if}} {{profile.d}}',
      defaults: { 'profile.a': 'there' },
    },
    { d: 'known' },
  );
  expect(missing).toEqual({ 'profile.a': 'there', 'profile.b': 'you', 'profile.c': null });
});

test('no data that turns the direction of what follows is written, and nobody is greeted by what cannot be seen', async () => {
  const body = '<p title="{{profile.a}}">Hi {{profile.a}}!</p>';
  const outcome = await rendered({ body }, { a: '\u202eevil\u2066 \u05d0\u200f' });
  const { html, text } = 'rendered' in outcome ? outcome.rendered : { html: '', text: '' };
  expect(html).toContain('<p title="evil \u05d0\u200f">Hi evil \u05d0\u200f!</p>');
  expect(text).toContain('Hi evil \u05d0\u200f!');
  expect(html + text).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
  expect(await rendered({ body }, { a: '\u202e \u200b' })).toMatchObject({
    failed: 'failed_render',
  });
});
