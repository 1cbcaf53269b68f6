/**
 * REST: definitions as files in, diagnostics, plan and revision out: the same as the commands validate and apply say.
 * Apply carries out a plan that somebody has seen: it wants its hash, and 409 says that it is another by now.
 */
import { Body, Get, HttpCode, HttpException, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { DataSource } from 'typeorm';
import { planChanges } from '../campaigns/plan-changes.js';
import { planDiagnostics } from '../campaigns/plan-diagnostics.js';
import type { Clock } from '../core/clock.js';
import type { ConnectionSource } from '../core/queryable.js';
import { CLOCK, CONNECTIONS, DATA_SOURCE, WAKE_UPS } from '../core/tokens.js';
import type { WakeUps } from '../core/wake-up.js';
import {
  applyDefinitions,
  PlanMoved,
  type ApplyOptions,
} from '../definitions/apply-definitions.js';
import { listLive, listRevisions, listVersions } from '../definitions/definitions.sql.js';
import type { RemovedCampaign } from '../definitions/removed-campaigns.js';
import { testTexts } from '../definitions/test-files.sql.js';
import { sourceTexts } from '../definitions/source-texts.js';
import type { CheckResult } from '../language/check.js';
import type { Definitions } from '../language/definitions.js';
import { diagnosticsJson, summary } from '../language/print-diagnostics.js';
import type { SourceFile } from '../language/source-file.js';
import { sourcesOfFiles } from '../language/sources-of-files.js';
import { checkDefinitions } from '../messages/check-definitions.js';
import { TestPlayer } from '../simulation/test-player.service.js';
import { Acting, type Act } from './act.js';
import { Needs } from './authorize.js';
import { BodyLimit } from './bodies.js';
import {
  AppliedView,
  ApplyBody,
  FilesBody,
  LivePage,
  PlanView,
  RevisionPage,
  TestsBody,
  TestsView,
  Validation,
  VersionPage,
} from './definitions.dto.js';
import { Repeated } from './idempotency.js';
import { readCursor, toPage } from '../core/cursor.js';
import { PageQuery } from './page.js';
import { showImpact } from './plan-impact.dto.js';
import { Rest } from './rest.js';
import { showInstant } from './show.js';

const LARGEST = 2 * 1024 * 1024;
const MOST_FILES = 2_000;
const LONGEST_PATH = 300;

interface Checked extends CheckResult {
  sources: SourceFile[];
  definitions: Definitions;
}

@Rest('definitions', 'definitions', { bodies: 'any' })
export class DefinitionsController {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(WAKE_UPS) private readonly wakeUps: WakeUps,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(TestPlayer) private readonly player: TestPlayer,
  ) {}

  @Post('validate')
  @Repeated('changes_nothing')
  @HttpCode(200)
  @BodyLimit(LARGEST)
  @Needs('read')
  @ApiOperation({ summary: 'Every diagnostic of a configuration, as `rekindle validate --json`' })
  @ApiOkResponse({ type: Validation })
  async validate(@Body() { files }: FilesBody): Promise<Validation> {
    const now = await this.clock.now(this.sql);
    const { diagnostics } = await checkDefinitions(readFiles(files), undefined, now);
    const { ok } = diagnosticsJson(diagnostics);
    return { ok, diagnostics: [...diagnostics] };
  }

  @Post('test')
  @Repeated('changes_nothing')
  @HttpCode(200)
  @BodyLimit(LARGEST)
  @Needs('manage')
  @ApiOperation({
    summary: 'Play the campaign tests among the files, as `rekindle test`',
    description:
      'In a process of its own, one request at a time (429) and a minute at most (503). 422 with the diagnostics of errors. Nothing live is touched.',
  })
  @ApiOkResponse({ type: TestsView })
  async test(@Body() { files, campaign }: TestsBody): Promise<TestsView> {
    const { sources, tests } = await check(files);
    if (!tests.some((file) => campaign === undefined || file.campaign === campaign))
      throw new HttpException('there are no such tests among the files', 422);
    const played = await this.player.play({ sources, campaign: campaign ?? null });
    // Checked above by the same code.
    if ('problems' in played) throw new Error(played.problems);
    const failed = played.tests.filter(({ failures }) => failures.length > 0).length;
    return { passed: played.tests.length - failed, failed, tests: played.tests };
  }

  @Post('plan')
  @Repeated('changes_nothing')
  @HttpCode(200)
  @BodyLimit(LARGEST)
  @Needs('read')
  @ApiOperation({
    summary: 'What an apply would change, and whom; 422 with the diagnostics of errors',
  })
  @ApiOkResponse({ type: PlanView })
  async plan(@Body() { files }: FilesBody): Promise<PlanView> {
    const checked = await check(files);
    const { definitions, diagnostics } = checked;
    const now = await this.clock.now(this.sql);
    const plan = await planChanges(this.sql, definitions, now);
    const live = await planDiagnostics(this.sql, checked, plan, now);
    return { ...plan, impact: showImpact(plan.impact), diagnostics: [...diagnostics, ...live] };
  }

  @Post('apply')
  @HttpCode(200)
  @BodyLimit(LARGEST)
  @Needs('manage')
  @ApiOperation({
    summary: 'Make a planned configuration live; 409 when something else is live by now',
  })
  @ApiOkResponse({ type: AppliedView })
  async apply(
    @Body() { files, hash, allowRemoval }: ApplyBody,
    @Acting() act: Act,
  ): Promise<AppliedView> {
    const { definitions, sources, tests } = await check(files);
    const options: ApplyOptions = {
      by: act.actor,
      sources: sourceTexts(sources),
      tests: testTexts(tests, sources),
      plan: hash,
      ...(allowRemoval === true ? {} : { onRemoval: refuseRemoval }),
      async also(sql, { revision, changed }, at) {
        const action = { action: 'definitions.apply', subject: `revision/${revision}` };
        await act.record(sql, at, { ...action, detail: { changed: changed.length } });
        await act.keep(sql, { revision, changed });
      },
    };
    const applied = await applyDefinitions(this.dataSource, definitions, options).catch(
      (error: unknown) => {
        if (!(error instanceof PlanMoved)) throw error;
        throw new HttpException(`${error.message}; look at a new plan`, 409);
      },
    );
    this.wakeUps.wake('engine');
    return applied;
  }

  @Get()
  @Needs('read')
  @ApiOperation({ summary: 'What is live, by kind and name' })
  @ApiOkResponse({ type: LivePage })
  async live(@Query() query: PageQuery): Promise<LivePage> {
    const after = readCursor<[string, string]>(query.cursor, 'string', 'string');
    const rows = await listLive(this.sql, { after, limit: query.limit + 1 });
    return toPage(rows, query, {
      key: ({ kind, name }) => [kind, name],
      show: (row) => ({ ...row, appliedAt: showInstant(row.appliedAt) }),
    });
  }

  @Get('revisions')
  @Needs('read')
  @ApiOperation({ summary: 'Who changed what is live, the latest first' })
  @ApiOkResponse({ type: RevisionPage })
  async revisions(@Query() query: PageQuery): Promise<RevisionPage> {
    const before = readCursor<[number]>(query.cursor, 'number')?.[0] ?? null;
    const rows = await listRevisions(this.sql, { before, limit: query.limit + 1 });
    return toPage(rows, query, {
      key: ({ id }) => [id],
      show: (row) => ({ ...row, appliedAt: showInstant(row.appliedAt) }),
    });
  }

  @Get(':kind/:name/versions')
  @Needs('read')
  @ApiOperation({ summary: 'Every version of one definition with its source, the latest first' })
  @ApiOkResponse({ type: VersionPage })
  async versions(
    @Param('kind') kind: string,
    @Param('name') name: string,
    @Query() query: PageQuery,
  ): Promise<VersionPage> {
    const before = readCursor<[number]>(query.cursor, 'number')?.[0] ?? null;
    const rows = /\0|\p{Surrogate}/u.test(kind + name)
      ? []
      : await listVersions(this.sql, { kind, name }, { before, limit: query.limit + 1 });
    if (rows.length === 0 && before === null)
      throw new HttpException('there never was such a definition', 404);
    return toPage(rows, query, {
      key: ({ version }) => [version],
      show: (row) => ({ ...row, appliedAt: showInstant(row.appliedAt) }),
    });
  }
}

function refuseRemoval(removed: readonly RemovedCampaign[]): never {
  const names = removed.map(({ name }) => name).join(', ');
  const message = `live campaigns are missing: ${names}; send their files, or say allowRemoval`;
  throw new HttpException({ message, removed }, 422);
}

/** Throws 422 with the diagnostics when one is an error. */
async function check(files: Record<string, unknown>): Promise<Checked> {
  const sources = readFiles(files);
  const { definitions, ...checked } = await checkDefinitions(sources);
  if (definitions) return { sources, definitions, ...checked };
  const { diagnostics } = checked;
  throw new HttpException({ message: summary(diagnostics), diagnostics }, 422);
}

function readFiles(files: Record<string, unknown>): SourceFile[] {
  const entries = Object.entries(files);
  if (entries.length > MOST_FILES)
    throw new HttpException(`a configuration has at most ${MOST_FILES} files`, 422);
  for (const [path, text] of entries) {
    if (typeof text !== 'string') throw new HttpException(`the text of ${path} is no text`, 422);
    if (path.length > LONGEST_PATH || /[\0-\x1f\\]|\p{Surrogate}|(^|\/)\.\.?(\/|$)|^\//u.test(path))
      throw new HttpException('a path is relative, as campaigns/hello.yaml is', 422);
  }
  return sourcesOfFiles(files as Record<string, string>);
}
