/**
 * The pages of diagnostics show what they say: what stands under "Example" gives the code where it can stand alone, and what stands
 * under "Instead" is accepted in the very same place.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Diagnostic } from '../../src/core/diagnostic.js';
import { checkSources } from '../../src/language/check.js';
import { checkDefinitions } from '../../src/messages/check-definitions.js';
import { fixtureSources } from './fixture-files.js';

const PAGES = resolve(__dirname, '../../docs/diagnostics');
const NOW = Date.UTC(2026, 6, 1);

const indented = (text: string): string => text.replace(/^(?=.)/gm, '  ');
const lacks = (text: string, key: string, line: string): string =>
  new RegExp(`^${key}:`, 'm').test(text) ? '' : `${line}\n`;

/** Whole files around a block: what it may be a part of. */
const PLACES: Readonly<Record<string, (block: string) => string>> = {
  segment: (block) => `#: config/segments/shown.yaml\n${block}`,
  condition: (block) => `#: config/segments/shown.yaml\nwho:\n${indented(block)}`,
  score: (block) =>
    `#: config/scores/shown.yaml\n${block}${lacks(block, 'points', 'points: [{ add: 1, if: { trait: plan, is: pro } }]')}`,
  campaign: (block) =>
    `#: config/campaigns/shown.yaml\n${lacks(block, 'purpose', 'purpose: marketing')}${block.includes('purpose: transactional') ? '' : lacks(block, 'topic', 'topic: offers')}${lacks(block, 'enter', 'enter: { event: came }')}${block}\n${lacks(block, 'steps', 'steps: [{ send: welcome, id: shown-mail }]')}`,
  bare: (block) =>
    `#: config/campaigns/shown.yaml\n${lacks(block, 'enter', 'enter: { event: came }')}${block}${lacks(block, 'steps', 'steps: [{ send: welcome }]')}`,
  entry: (block) =>
    `#: config/campaigns/shown.yaml\ntopic: offers\nenter:\n${indented(block)}\nsteps: [{ send: welcome }]\n`,
  steps: (block) =>
    `#: config/campaigns/shown.yaml\ntopic: offers\nenter: { event: came, needs: [total] }\nsteps:\n${indented(block)}\n`,
  step: (block) =>
    `#: config/campaigns/shown.yaml\ntopic: offers\nenter: { event: came, needs: [total] }\nsteps:\n  -\n${indented(indented(block))}\n  - send: welcome\n    id: shown-mail\n`,
  split: (block) =>
    `#: config/campaigns/shown.yaml\ntopic: offers\nenter: { event: came }\nsteps:\n  - id: shown\n${indented(indented(block))}\n`,
  project: (block) =>
    `#: config/rekindle.yaml\n${lacks(block, 'project', 'project: Acme')}${lacks(block, 'zone', 'zone: UTC')}${lacks(block, 'topics', 'topics: { offers: { name: Offers } }')}${lacks(block, 'senders', 'senders: { marketing: { name: A, email: a@example.com }, transactional: { name: A, email: a@example.com } }')}${lacks(block, 'postal_address', 'postal_address: Acme, Berlin')}${block}`,
  template: (block) => `#: templates/shown.html\n---\nsubject: Hello\n---\n<p>${block}</p>\n`,
  subject: (block) => `#: templates/shown.html\n---\n${block}---\n<p>Hello</p>\n`,
  mjml: (block) => `#: templates/shown.mjml\n---\nsubject: Hello\n---\n${block}`,
  front: (block) => `#: templates/shown.html\n${block}`,
  timeline: (block) =>
    `#: config/campaigns/shown.yaml\ntopic: offers\nenter: { event: came }\nsteps: [{ wait: 1 day }, { send: welcome, id: reminder }]\n#: config/tests/shown.test.yaml\ncampaign: shown\ntests:\n  - name: shown\n    profiles: { ann: { email: ann@example.com } }\n    timeline:\n${indented(indented(indented(block)))}`,
};

const OF_TEXT = ['template', 'mjml', 'front', 'subject'];

/** Several files at once, or nothing that could be said in a block. */
const NOT_ALONE =
  'RK010 RK011 RK012 RK014 RK107 RK108 RK109 RK110 RK204 RK210 RK211 RK212 RK213 RK309 RK320 RK340 RK409 RK420 RK423 RK424 RK425 RK433 RK505 RK605 RK606 RK610 RK612 RK702 RK801 RK802 RK804'.split(
    ' ',
  );

const blockOf = (page: string, heading: string): string =>
  new RegExp(`^\\*\\*${heading}\\*\\*\\n\\n\`\`\`\\w*\\n(.*?)^\`\`\``, 'ms').exec(page)?.[1] ?? '';

/** What pages name. */
const BESIDE = `
#: config/campaigns/win-back.yaml
topic: offers
enter: { event: left }
steps: [{ send: welcome, id: reminder }]
#: config/scores/happiness.yaml
points: [{ add: 1, if: { trait: plan, is: pro } }]
range: [0, 10]
bands: { red: 0, green: 5 }
`;

const PROJECT = `#: config/rekindle.yaml
project: Acme
zone: Europe/Berlin
senders:
  marketing: { name: Acme, email: hello@news.acme.com }
  transactional: { name: Acme Billing, email: billing@acme.com }
postal_address: Acme GmbH, Torstrasse 1, 10119 Berlin
topics: { offers: { name: Offers } }
endpoints: { billing: { url: https://billing.acme.com/rekindle } }
`;

/** Templates are compiled where it is about them, and moments compared with the clock where it is about these. */
async function said(place: string, block: string, code: string): Promise<Diagnostic[]> {
  const shown = PLACES[place]!(block);
  const project = shown.includes('#: config/rekindle.yaml') ? '' : PROJECT;
  const sources = fixtureSources(`${shown}${BESIDE}${project}`);
  const whole = OF_TEXT.includes(place) || code === 'RK803';
  return (whole ? await checkDefinitions(sources, undefined, NOW) : checkSources(sources))
    .diagnostics;
}

/** What a page names beside what it shows need not be there. */
const isOfNames = ({ code }: Diagnostic): boolean => /^RK(?:5[01]\d|608)$/.test(code);

const pages = readdirSync(PAGES).filter((name) => /^RK\d+\.md$/.test(name));

it('what a page shows gives the code, and what it shows instead is accepted in the same place', async () => {
  const wrong: string[] = [];
  const alone: string[] = [];
  for (const name of pages) {
    const code = name.replace('.md', '');
    const page = readFileSync(join(PAGES, name), 'utf8');
    const known = wrong.length;
    const [example, instead] = [blockOf(page, 'Example'), blockOf(page, 'Instead')];
    const found: string[] = [];
    const accepted: string[] = [];
    for (const place of Object.keys(PLACES)) {
      const gives = (await said(place, example, code)).some((one) => one.code === code);
      if (gives) found.push(place);
      // Any text is a text of a template.
      if (!gives && OF_TEXT.includes(place)) continue;
      const left = (await said(place, instead, code)).filter(
        (one) => one.code === code || (one.severity === 'error' && !isOfNames(one)),
      );
      if (left.length === 0) accepted.push(place);
      if (gives && left.length === 0) break;
      if (gives)
        wrong.push(
          `${code} as ${place}: ${left.map((one) => `${one.code} ${one.message}`).join('; ')}`,
        );
    }
    if (found.length > 0) alone.push(code);
    if (found.length === 0 || accepted.length > 0) wrong.splice(known);
  }
  expect(wrong).toEqual([]);
  expect(
    pages.map((name) => name.replace('.md', '')).filter((code) => !alone.includes(code)),
  ).toEqual(NOT_ALONE);
});

it('blocks of docs/campaigns.md that are parts of a file are accepted in one', async () => {
  const page = readFileSync(resolve(PAGES, '../campaigns.md'), 'utf8');
  const parts = [...page.matchAll(/^```(\w*)\n(.*?)^```$/gms)].flatMap(([, language, block]) =>
    language === '' ? [block!] : [],
  );
  expect(parts).not.toEqual([]);
  for (const part of parts) {
    const diagnostics = await said(part.startsWith('- ') ? 'steps' : 'project', part, '');
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    expect(errors.filter((one) => !isOfNames(one))).toEqual([]);
  }
});
