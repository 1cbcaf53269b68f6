/** Publishing definitions: versions by content, revisions, the lock against ingest, and nothing half-applied. */
import { applyDefinitions } from '../../src/definitions/apply-definitions.js';
import { lockDefinitionsShared } from '../../src/definitions/definitions-lock.js';
import {
  currentReads,
  currentRevision,
  loadLive,
  loadVersion,
} from '../../src/definitions/load-definitions.js';
import { loadRevision } from '../../src/definitions/load-revision.js';
import { loadTestFiles, type TestText } from '../../src/definitions/test-files.sql.js';
import { checkSources } from '../../src/language/check.js';
import type { Definitions } from '../../src/language/definitions.js';
import { fixtureSources } from '../language/fixture-files.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

const AT = Date.UTC(2026, 0, 5);
let db: TestDatabase;
beforeEach(async () => {
  db = await testDatabase();
});
afterEach(() => db.close());

function definitions(event: string, extra = ''): Definitions {
  const campaign = `#: config/campaigns/win-back.yaml\ntopic: offers\nenter: { who: { event: ${event} } }\nsteps: [{ send: welcome }]\n`;
  const { definitions, diagnostics } = checkSources(fixtureSources(`${campaign}${extra}`));
  if (!definitions) throw new Error(JSON.stringify(diagnostics));
  return definitions;
}

const apply = (set: Definitions) => applyDefinitions(db.dataSource, set, { by: 'ann', at: AT });

describe('apply', () => {
  it('publishes a configuration that loads as it was checked', async () => {
    expect(await loadLive(db.pool)).toBeNull();
    expect(await currentRevision(db.pool)).toBeNull();
    const set = definitions('login');
    const { revision, changed } = await apply(set);
    expect(changed.map(({ kind, name, change }) => `${change} ${kind} ${name}`)).toEqual([
      'added campaign win-back',
      'added project rekindle',
      'added segment payers',
      'added segment win-back/who',
      'added template welcome',
    ]);
    const live = (await loadLive(db.pool))!;
    expect(live.revision).toBe(revision);
    expect(live.project).toEqual(set.project);
    expect([...live.segments.keys()].sort()).toEqual(['payers', 'win-back/who']);
    expect(live.campaigns.get('win-back')!.definition).toEqual(set.campaigns[0]);
    expect(await loadVersion(db.pool, live.templates.get('welcome')!.versionId)).toEqual(
      set.templates[0],
    );
    expect((await currentReads(db.pool))!.reads).toEqual({
      events: ['login'],
      anyEvent: false,
      traits: ['created_at', 'plan', 'timezone'],
    });
  });

  it('a revision has the tests that it had when the next one came; going back to it brings them back', async () => {
    const test = (path: string, text: string): TestText => ({ path, campaign: 'win-back', text });
    let at = AT;
    const withTests = (event: string, ...tests: TestText[]) =>
      applyDefinitions(db.dataSource, definitions(event), { by: 'ann', at: at++, tests });
    const first = await withTests('login', test('a', 'one'), test('b', 'one'));
    // Tests alone make no revision: what the first one ended with counts.
    await withTests('login', test('a', 'two'), test('b', 'one'));
    const second = await withTests('purchase', test('b', 'one'), test('c', 'new'));
    const third = await withTests('signup', test('a', 'two'), test('c', 'newer'));
    const of = async (revision: number) =>
      (await loadRevision(db.pool, revision))!.tests.map(({ path, text }) => `${path} ${text}`);
    const asTheyWere = [
      ['a two', 'b one'],
      ['b one', 'c new'],
      ['a two', 'c newer'],
    ];
    const revisions = [first, second, third].map(({ revision }) => revision);
    expect(await Promise.all(revisions.map(of))).toEqual(asTheyWere);
    const { definitions: then, sources, tests } = (await loadRevision(db.pool, first.revision))!;
    const by = { by: 'ann', at, sources, tests };
    const back = await applyDefinitions(db.dataSource, then, by);
    expect(await of(back.revision)).toEqual(asTheyWere[0]);
    expect(await Promise.all(revisions.map(of))).toEqual(asTheyWere);
    const live = await loadTestFiles(db.pool, 'win-back');
    expect(live.map(({ path, text }) => `${path} ${text}`)).toEqual(asTheyWere[0]);
  });

  it('the same configuration again is no new revision', async () => {
    const first = await apply(definitions('login'));
    expect(await apply(definitions('login'))).toEqual({ revision: first.revision, changed: [] });
    const { rows } = await db.pool.query('select count(*) as n from definition_versions');
    expect(rows[0]).toEqual({ n: 5 });
  });

  it('only what changed gets a new version; the old one stays loadable', async () => {
    await apply(definitions('login'));
    const before = (await loadLive(db.pool))!;
    const { changed } = await apply(definitions('purchase'));
    expect(changed).toEqual([{ kind: 'segment', name: 'win-back/who', change: 'changed' }]);
    const after = (await loadLive(db.pool))!;
    expect(after.campaigns.get('win-back')!.versionId).toBe(
      before.campaigns.get('win-back')!.versionId,
    );
    const old = before.segments.get('win-back/who')!;
    expect(after.segments.get('win-back/who')!.versionId).not.toBe(old.versionId);
    expect(await loadVersion(db.pool, old.versionId)).toEqual(old.definition);
  });

  it('what is removed is no longer live, and is a new version when it comes back', async () => {
    const extra = '#: config/segments/extra.yaml\nwho: { trait: vip, is: true }\n';
    await apply(definitions('login', extra));
    const first = (await loadLive(db.pool))!.segments.get('extra')!.versionId;
    expect((await apply(definitions('login'))).changed).toEqual([
      { kind: 'segment', name: 'extra', change: 'removed' },
    ]);
    expect((await loadLive(db.pool))!.segments.has('extra')).toBe(false);
    await apply(definitions('login', extra));
    expect((await loadLive(db.pool))!.segments.get('extra')!.versionId).toBeGreaterThan(first);
  });

  it('goes on hearing the events of versions that enrolments are pinned to', async () => {
    const exit = (event: string): Definitions => {
      const set = definitions('login');
      const match = { names: { kind: 'list' as const, names: [event] }, where: [] };
      set.campaigns[0]!.exit = [{ kind: 'event', match, same: null, label: `event ${event}` }];
      return set;
    };
    await apply(exit('old_exit'));
    const version = (await loadLive(db.pool))!.campaigns.get('win-back')!.versionId;
    await db.pool.query(
      `with p as (insert into profiles (shard, created_at) values (0, now()) returning id)
       insert into enrolments (profile_id, shard, campaign, version_id, trigger, entered_at, cause_at)
       select id, 0, 'win-back', $1, 't', now(), now() from p`,
      [version],
    );
    await apply(exit('new_exit'));
    expect((await currentReads(db.pool))!.reads.events).toEqual(['login', 'new_exit', 'old_exit']);
  });

  it('waits for ingest transactions that read the definitions before', async () => {
    const reader = await db.pool.connect();
    await reader.query('begin');
    await lockDefinitionsShared(reader);
    let applied = false;
    const applying = apply(definitions('login')).then(() => (applied = true));
    await untilSomebodyWaits(db);
    expect(applied).toBe(false);
    await reader.query('commit');
    reader.release();
    await applying;
    expect(applied).toBe(true);
  });

  it('a campaign that another apply is just bringing is not taken away unasked', async () => {
    await apply(definitions('login'));
    const extra =
      '#: config/campaigns/new.yaml\ntopic: offers\nenter: { event: x }\nsteps: [{ send: welcome }]\n';
    const reader = await db.pool.connect();
    await reader.query('begin');
    await lockDefinitionsShared(reader);
    // Both began before either could look: the first in the queue for the lock brings the campaign.
    const bringing = apply(definitions('login', extra));
    await untilSomebodyWaits(db);
    const onRemoval = (removed: readonly { name: string }[]): void => {
      throw new Error(`refused: ${removed.map(({ name }) => name).join(', ')}`);
    };
    const taking = applyDefinitions(db.dataSource, definitions('purchase'), {
      by: 'ben',
      at: AT,
      onRemoval,
    });
    const outcome = taking.then(
      () => 'applied',
      (error: Error) => error.message,
    );
    await untilSomebodyWaits(db, 2);
    await reader.query('commit');
    reader.release();
    await bringing;
    expect(await outcome).toBe('refused: new');
    const live = (await loadLive(db.pool))!;
    expect([...live.campaigns.keys()].sort()).toEqual(['new', 'win-back']);
    expect(live.segments.get('win-back/who')!.definition.who).toMatchObject({
      names: { names: ['login'] },
    });
  });

  it('two applies at once are one after the other', async () => {
    await Promise.all(['a', 'b', 'c', 'd'].map((event) => apply(definitions(event))));
    const { rows } = await db.pool.query(
      `select version from definition_versions where name = 'win-back/who' order by version`,
    );
    expect(rows).toEqual([1, 2, 3, 4].map((version) => ({ version })));
  });

  it('a failure inside leaves the old set live', async () => {
    await apply(definitions('login'));
    await db.pool.query('alter table revisions add constraint no_more check (id < 2)');
    await expect(apply(definitions('purchase'))).rejects.toThrow(/no_more/);
    expect((await loadLive(db.pool))!.segments.get('win-back/who')!.definition.who).toMatchObject({
      names: { names: ['login'] },
    });
  });
});

/** Polls the server's own list of lock waiters: the wait is over when it is really there. */
async function untilSomebodyWaits({ pool }: TestDatabase, waiting = 1): Promise<void> {
  for (;;) {
    const { rows } = await pool.query(
      `select 1 from pg_locks where locktype = 'advisory' and not granted`,
    );
    if (rows.length >= waiting) return;
  }
}
