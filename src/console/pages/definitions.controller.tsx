/**
 * Console: definitions. What is live; one of them as its author wrote it, to be changed: checked with all others, shown
 * with what it would do, and applied as it was shown; and a new one from a text to begin with.
 */
import { Body, Get, HttpException, Inject, Param, Post, Query } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { recordAction } from '../../core/audit.js';
import type { ConnectionSource } from '../../core/queryable.js';
import { CONNECTIONS, DATA_SOURCE, WAKE_UPS } from '../../core/tokens.js';
import type { WakeUps } from '../../core/wake-up.js';
import {
  applyDefinitions,
  PlanMoved,
  type ApplyOptions,
} from '../../definitions/apply-definitions.js';
import { listLive, listVersions, loadSource } from '../../definitions/definitions.sql.js';
import { pathOf } from '../../definitions/live-sources.sql.js';
import { loadLive } from '../../definitions/load-definitions.js';
import { loadTestFiles } from '../../definitions/test-files.sql.js';
import { sourceTexts } from '../../definitions/source-texts.js';
import { STARTERS, starterText, type StarterName } from '../../language/starters.js';
import type { Played } from '../../simulation/play-apart.js';
import { TestPlayer } from '../../simulation/test-player.service.js';
import { For } from '../door/for.js';
import { Page, Redirect } from '../frame/answer.js';
import { Asking, Console, read } from '../frame/console.js';
import type { Visitor } from '../frame/visitor.js';
import {
  checkDraft,
  definitionHref,
  definitionName,
  planDraft,
  readAddress,
  type DefinitionAddress,
  type PlannedDraft,
} from './definition-drafts.js';
import { DefinitionsView, DefinitionView } from './definitions.view.js';
import { NewDefinitionView } from './new-definition.view.js';

/** Forms end lines as mail does. */
const text = z.string().transform((written) => written.replace(/\r\n?/g, '\n'));
const draft = z.object({ text });
const planned = z.object({ text, hash: z.string().length(64) });

const starterName = z.enum(Object.keys(STARTERS) as [StarterName, ...StarterName[]]);
const beginning = z.object({
  kind: z.enum(['segment', 'score', 'campaign']).default('campaign'),
  name: z.string().max(200).optional(),
  starter: starterName.optional(),
});
const shown = z.object({ starter: starterName.optional() });

const MOST = 1_000;
/** The latest; their history has all. */
const GLANCE = 5;

@Console('definitions')
export class DefinitionsController {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(WAKE_UPS) private readonly wakeUps: WakeUps,
    @Inject(TestPlayer) private readonly player: TestPlayer,
  ) {}

  @Get()
  @For('viewer')
  async list(): Promise<Page> {
    const live = await listLive(this.sql, { after: null, limit: MOST });
    const campaigns = new Set(live.filter(({ kind }) => kind === 'campaign').map(whoOf));
    return new Page({
      title: (texts) => texts.definitions.title,
      place: 'definitions',
      body: <DefinitionsView live={live.filter(({ name }) => !campaigns.has(name))} />,
    });
  }

  /** Asks for a name and a text to begin with; with both it leads to the empty definition. */
  @Get('new')
  @For('author')
  async begin(@Query() query: unknown): Promise<Page | Redirect> {
    const { kind, name, starter } = read(beginning, query);
    const isName = name !== undefined && definitionName.safeParse(name).success;
    const taken = isName && (await loadSource(this.sql, { kind, name })) !== null;
    if (isName && !taken) {
      const begun = starter && STARTERS[starter].kind === kind ? `?starter=${starter}` : '';
      return new Redirect(`${definitionHref({ kind, name })}${begun}`);
    }
    return new Page({
      title: (texts) => texts.definitions.create,
      place: 'definitions',
      body: <NewDefinitionView kind={kind} name={name} taken={taken} />,
    });
  }

  @Get(':kind/:name')
  @For('viewer')
  async show(@Param() params: unknown, @Query() query: unknown): Promise<Page> {
    const which = readAddress(params);
    const written = await loadSource(this.sql, which);
    const { starter } = read(shown, query);
    const begun = written === null && starter ? await this.startText(starter, which.name) : '';
    return this.page(which, { text: written ?? begun });
  }

  @Post(':kind/:name/plan')
  @For('author')
  async plan(
    @Param() params: unknown,
    @Body() body: unknown,
    @Asking() { now }: Visitor,
  ): Promise<Page> {
    const which = readAddress(params);
    const { text: written } = read(draft, body);
    return this.page(which, await planDraft(this.sql, which, { text: written, now }));
  }

  /** Plays the tests of a campaign with this text of it; nothing live is touched. */
  @Post(':kind/:name/test')
  @For('author')
  async test(
    @Param() params: unknown,
    @Body() body: unknown,
    @Asking() { now }: Visitor,
  ): Promise<Page> {
    const which = readAddress(params);
    const { text: written } = read(draft, body);
    const tests = which.kind === 'campaign' ? await loadTestFiles(this.sql, which.name) : [];
    if (tests.length === 0) throw new HttpException('it has no tests', 404);
    const planned = await planDraft(this.sql, which, { text: written, now });
    if (!planned.plan) return this.page(which, planned);
    const { sources } = await checkDraft(this.sql, which, written);
    const played = await this.player.play({
      sources: [...sources, ...tests],
      campaign: which.name,
    });
    return this.page(which, { ...planned, played });
  }

  /** What going back to an earlier version would do; applied like any other text. */
  @Get(':kind/:name/versions/:version/restore')
  @For('author')
  async restore(@Param() params: { version: string }, @Asking() { now }: Visitor): Promise<Page> {
    const which = readAddress(params);
    const version = /^\d{1,9}$/.test(params.version) ? Number(params.version) : null;
    const source = version === null ? null : await loadSource(this.sql, { ...which, version });
    if (source === null) throw new HttpException('there is no such version', 404);
    return this.page(which, {
      ...(await planDraft(this.sql, which, { text: source, now })),
      restores: version,
    });
  }

  @Post(':kind/:name/apply')
  @For('author')
  async apply(
    @Param() params: unknown,
    @Body() body: unknown,
    @Asking() { actor }: Visitor,
  ): Promise<Redirect> {
    const which = readAddress(params);
    const { text: changed, hash } = read(planned, body);
    const { sources, definitions } = await checkDraft(this.sql, which, changed);
    if (!definitions) throw new HttpException('the definitions have errors', 422);
    const options: ApplyOptions = {
      by: actor,
      plan: hash,
      sources: sourceTexts(sources),
      async also(sql, { revision }, at) {
        const action = { action: 'definitions.apply', subject: `revision/${revision}` };
        await recordAction(sql, { at, actor, ...action, detail: { ...which } });
      },
    };
    await applyDefinitions(this.dataSource, definitions, options).catch((error: unknown) => {
      if (!(error instanceof PlanMoved)) throw error;
      throw new HttpException(`${error.message}; look at a new plan`, 409);
    });
    this.wakeUps.wake('engine');
    return new Redirect(definitionHref(which), 'applied');
  }

  private async startText(starter: StarterName, name: string): Promise<string> {
    const live = await loadLive(this.sql);
    return starterText(starter, name, {
      topics: Object.keys(live?.project.topics ?? {}),
      templates: [...(live?.templates.keys() ?? [])],
    });
  }

  private async page(
    which: DefinitionAddress,
    draft: { text: string; restores?: number | null; played?: Played } & Partial<PlannedDraft>,
  ): Promise<Page> {
    const [versions, live, tests] = await Promise.all([
      listVersions(this.sql, which, { before: null, limit: GLANCE }),
      loadSource(this.sql, { ...which, version: 'live' }),
      which.kind === 'campaign' ? loadTestFiles(this.sql, which.name) : [],
    ]);
    return new Page({
      title: () => which.name,
      place: 'definitions',
      body: (
        <DefinitionView
          {...which}
          {...draft}
          path={pathOf(which)}
          href={definitionHref(which)}
          written={live ?? ''}
          versions={versions}
          tests={tests.map(({ path }) => path)}
        />
      ),
    });
  }
}

/** The segment that a campaign brings along. */
function whoOf({ name }: { name: string }): string {
  return `${name}/who`;
}
