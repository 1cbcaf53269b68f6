import { compileTemplate } from './compile-template.js';
import { renderMessage } from './render-message.js';

test('what is read and has no value is told, with the default that stood in its place', async () => {
  const template = await compileTemplate({
    kind: 'template',
    id: 'a/b',
    variants: {
      '': {
        format: 'html',
        subject: 'Hello',
        preheader: null,
        from: null,
        defaults: { 'profile.a': 'there' },
        sample: {},
        body: '{{profile.a}} {{default profile.b "you"}} {{#if profile.c}}!{{/if}} {{profile.d}}',
        layout: null,
        partials: {},
        text: null,
      },
    },
  });
  const { missing } = renderMessage(template, {
    purpose: 'transactional',
    locale: 'en',
    zone: 'UTC',
    project: { project: 'Acme', locale: 'en', postalAddress: null },
    links: { unsubscribe: null },
    profile: { d: 'known' },
    account: {},
    entry: {},
    with: {},
    iteration: 0,
  });
  expect(missing).toEqual({ 'profile.a': 'there', 'profile.b': null, 'profile.c': null });
});
