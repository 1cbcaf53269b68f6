/** What the console offers to begin with is accepted as it stands, beside the shipped configuration. */
import { resolve } from 'node:path';
import { readSources } from '../../src/app/read-sources.js';
import { STARTERS, starterText, type StarterName } from '../../src/language/starters.js';
import { checkDefinitions } from '../../src/messages/check-definitions.js';

const ROOT = resolve(__dirname, '../..');

test.each(Object.keys(STARTERS) as StarterName[])('%s has no error', async (name) => {
  const shipped = await readSources({ config: `${ROOT}/config`, templates: `${ROOT}/templates` });
  const known = { topics: ['offers'], templates: ['win-back/reminder'] };
  const { kind } = STARTERS[name];
  const file = {
    kind,
    id: 'new-one',
    path: 'new-one.yaml',
    text: starterText(name, 'new-one', known),
  };
  const { definitions, diagnostics } = await checkDefinitions([...shipped, file]);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  const all = [...definitions!.segments, ...(definitions!.scores ?? []), ...definitions!.campaigns];
  expect(all.find(({ id }) => id === 'new-one')?.kind).toBe(kind);
});

test('a starter takes a template of its name, else says that it is to be replaced', () => {
  const said = (id: string, templates: string[]): string =>
    starterText('campaign-win-back', id, { topics: ['offers'], templates });
  const templates = ['billing/receipt', 'cart/reminder', 'spring/sale', 'win-back/reminder'];
  expect(said('spring', templates)).toContain('- send: spring/sale\n');
  expect(said('left', templates)).toContain('- send: win-back/reminder\n');
  expect(said('cart-left', ['billing/receipt', 'cart/reminder'])).toContain(
    'send: cart/reminder\n',
  );
  expect(said('launch', ['billing/receipt', 'cart/reminder'])).toContain(
    '- send: billing/receipt  # the first there is: name its own one\n',
  );
});
