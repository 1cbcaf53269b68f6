import { variablePlaces } from './variable-places.js';

it('names the place of every variable, and what stands for those without a value', () => {
  const uses = [
    'account.plan',
    'entry.total',
    'profile.first_name',
    'profile.nick',
    'unsubscribe_url',
  ];
  const defaults = { 'profile.first_name': 'there', 'entry.unused': 'x' };
  const variables = { 'entry.total': 5, 'account.plan': 'pro', 'with.gone': [1] };
  expect(variablePlaces({ uses, defaults }, variables)).toEqual([
    { variable: 'account.plan', value: 'pro', from: 'account' },
    { variable: 'entry.total', value: 5, from: 'entry' },
    { variable: 'profile.first_name', value: 'there', from: 'default' },
    { variable: 'profile.nick', value: null, from: 'none' },
    { variable: 'with.gone', value: [1], from: 'with' },
  ]);
});

it('a value stands before the default, also where the name is one of the language itself', () => {
  const defaults = { 'profile.constructor': 'default' };
  const variables = { 'profile.constructor': 'value' };
  expect(variablePlaces({ uses: ['profile.constructor'], defaults }, variables)).toEqual([
    { variable: 'profile.constructor', value: 'value', from: 'profile' },
  ]);
  expect(variablePlaces({ uses: ['profile.toString'], defaults: {} }, {})).toEqual([
    { variable: 'profile.toString', value: null, from: 'none' },
  ]);
});
