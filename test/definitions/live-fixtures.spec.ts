/**
 * What a plan says of names and steps that only the database knows, shown like the other diagnostics: `fixtures/*.yaml` is what somebody
 * has (`#! has`: a profile, its events, days gone by), what was applied before, and what is planned now; `*.out` what the plan prints.
 * UPDATE_GOLDEN=1 writes these anew.
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { planChanges } from '../../src/campaigns/plan-changes.js';
import { planDiagnostics } from '../../src/campaigns/plan-diagnostics.js';
import { applyDefinitions } from '../../src/definitions/apply-definitions.js';
import { checkSources } from '../../src/language/check.js';
import { printDiagnostics } from '../../src/language/print-diagnostics.js';
import { DAY, Scenario } from '../engine/scenario.js';
import { T0 } from '../engine/story-parts.js';
import { fixtureSources } from '../language/fixture-files.js';

const FIXTURES = join(__dirname, 'fixtures');
const names = readdirSync(FIXTURES)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => name.replace('.yaml', ''));

interface Has {
  profile?: Record<string, unknown>;
  events?: Record<string, Record<string, unknown>>;
  days?: number;
}

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

it.each(names)('%s', async (name) => {
  const text = readFileSync(join(FIXTURES, `${name}.yaml`), 'utf8');
  const [, has, before = '', now] =
    /^#! has ([^\n]+)\n(?:#! before\n(.*?))?#! now\n(.*)$/s.exec(text) ?? [];
  const { profile = {}, events = {}, days = 0 } = JSON.parse(has!) as Has;
  if (before !== '') {
    const { definitions } = checkSources(fixtureSources(before));
    await applyDefinitions(story.db.dataSource, definitions!, { by: 'test', at: T0 });
  }
  const ann = await story.profile(profile);
  for (const [event, properties] of Object.entries(events))
    await story.track(ann, event, T0, properties);
  const at = T0 + days * DAY;
  if (before !== '') await story.advance(at);
  const sources = fixtureSources(now!);
  const { definitions, ...checked } = checkSources(sources);
  if (!definitions) throw new Error(JSON.stringify(checked.diagnostics));
  const plan = await planChanges(story.connection, definitions, at);
  const diagnostics = await planDiagnostics(
    story.connection,
    { ...checked, definitions },
    plan,
    at,
  );
  const [code] = /^RK\d{3}/.exec(name)!;
  expect(diagnostics.map((one) => one.code)).toContain(code);
  expect(diagnostics.filter(({ help }) => help === undefined)).toEqual([]);
  const texts = new Map(sources.map((file) => [file.path, file.text]));
  const printed = printDiagnostics(diagnostics, texts, { colours: false });
  const golden = join(FIXTURES, `${name}.out`);
  if (process.env['UPDATE_GOLDEN'] === '1' || !existsSync(golden)) writeFileSync(golden, printed);
  expect(printed).toBe(readFileSync(golden, 'utf8'));
});
