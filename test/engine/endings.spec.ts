/** What ends an enrolment beside events: a `while` that is not known to be true, and `ends_after`. */
import type { CampaignDefinition } from '../../src/language/definitions.js';
import { campaign, DAY, eventEntry, Scenario, send, wait } from './scenario.js';
import { isPro, ordered, T0 } from './story-parts.js';

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

const steps = [send('a'), wait('w', 10), send('b')];

it('while: ends as soon as it is not true, undecided included, and bars entry likewise', async () => {
  await story.apply({ campaigns: [campaign('c', eventEntry('begun'), steps, { while: isPro })] });
  const pro = await story.profile({ plan: 'pro' });
  const left = await story.profile({ plan: 'pro' });
  const gone = await story.profile({ plan: 'pro' });
  const free = await story.profile({ plan: 'free' });
  const unknown = await story.profile();
  for (const id of [pro, left, gone, free, unknown]) await story.track(id, 'begun', T0);
  await story.setTrait(left, 'plan', 'free', T0 + DAY);
  await story.setTrait(gone, 'plan', null, T0 + 2 * DAY);
  await story.advance(T0 + 20 * DAY);
  expect(await story.enrolments(pro)).toEqual(['c@2026-01-05 12:00 completed@2026-01-15 12:00']);
  expect(await story.enrolments(left)).toEqual([
    'c@2026-01-05 12:00 exited while@2026-01-06 12:00',
  ]);
  expect(await story.enrolments(gone)).toEqual([
    'c@2026-01-05 12:00 exited while@2026-01-07 12:00',
  ]);
  expect(await story.refusals()).toEqual([
    'c@2026-01-05 12:00 barred_by_exit',
    'c@2026-01-05 12:00 barred_by_exit',
  ]);
});

it('while: time alone ends it at its instant, before the step that is due then', async () => {
  const active = {
    ...ordered({ kind: 'once' }),
    window: { kind: 'within_last', ms: 10 * DAY },
  } as never;
  const exit = [{ kind: 'state' as const, condition: isPro, label: 'trait plan' }];
  await story.apply({
    campaigns: [campaign('c', eventEntry('begun'), steps, { while: active, exit })],
  });
  const ann = await story.profile();
  await story.track(ann, 'order', T0);
  await story.track(ann, 'begun', T0);
  await story.advance(T0 + 20 * DAY);
  expect(await story.messages(ann)).toEqual(['a@2026-01-05 12:00']);
  expect(await story.enrolments(ann)).toEqual(['c@2026-01-05 12:00 exited while@2026-01-15 12:00']);
});

it('ends_after: so long after entry, before the step of that instant, whatever it waits for', async () => {
  const version = (options: Partial<CampaignDefinition>) => ({
    campaigns: [campaign('c', eventEntry('begun'), steps, options)],
  });
  await story.apply(version({ endsAfterMs: 10 * DAY }));
  const [ann, bob] = [await story.profile(), await story.profile()];
  await story.track(ann, 'begun', T0);
  await story.advance(T0);
  await story.apply(version({}));
  await story.track(bob, 'begun', T0 + 1_000);
  await story.advance(T0 + 30 * DAY, 3 * DAY);
  expect(await story.messages(ann)).toEqual(['a@2026-01-05 12:00']);
  expect(await story.enrolments()).toEqual([
    'c@2026-01-05 12:00 exited ends_after@2026-01-15 12:00',
    'c@2026-01-05 12:00:01 completed@2026-01-15 12:00:01',
  ]);
});
