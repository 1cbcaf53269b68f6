import { h } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { Visitor, VisitorContext } from '../frame/visitor.js';
import { Numbers } from './numbers.view.js';

function shown(of: Record<string, unknown>, language: 'en' | 'ru'): string {
  const visitor = new Visitor({ session: null, language, now: 0, zone: 'UTC', project: null });
  return renderToString(h(VisitorContext.Provider, { value: visitor }, h(Numbers, { of })));
}

const window = {
  local: 'sun 04:38',
  rule: 'mon-sun 08:00-21:00 in Europe/London',
  of: 'project',
  opens_at: '2026-11-29T08:00:00.000Z',
};
const cap = { counted: 3, rule: 'at_most 3 within 7 days', at_most: 3, of: 'campaign' };

test('what a window and a cap saw is said in the language of the page, with when it opens or is free', () => {
  expect(shown(window, 'ru')).toMatch(/окно проекта.*откроется 2026-11-29 08:00:00/);
  expect(shown(window, 'en')).toMatch(/window of the project.*opens at 2026-11-29 08:00:00/);
  const free = { ...cap, free_at: '2026-12-01T10:00:00.000Z' };
  expect(shown(free, 'ru')).toMatch(
    /3 из: at_most 3 within 7 days \(лимит кампании\).*место будет/,
  );
  expect(shown({ ...cap, free_at: null }, 'en')).not.toContain('free at');
});

test('other numbers stand as they are stored, and nothing where there are none', () => {
  expect(shown({ topic: 'offers', because: 'paused' }, 'en')).toContain('topic offers');
  expect(shown({}, 'en')).toBe('');
});
