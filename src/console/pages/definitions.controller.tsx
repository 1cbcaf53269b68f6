/**
 * Console: definitions. What is live; one of them as its author wrote it, to be changed: checked with all others, shown
 * with what it would do, and applied as it was shown. Templates are changed where they are written.
 */
import { Body, Get, HttpException, Inject, Param, Post } from '@nestjs/common';
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
import { listLive, listVersions } from '../../definitions/definitions.sql.js';
import { loadLiveSources, pathOf } from '../../definitions/live-sources.sql.js';
import { planDefinitions } from '../../definitions/plan-definitions.js';
import { sourceTexts } from '../../definitions/source-texts.js';
import { printDiagnostics } from '../../language/print-diagnostics.js';
import type { SourceFile } from '../../language/source-file.js';
import { checkDefinitions } from '../../messages/check-definitions.js';
import { For } from '../door/for.js';
import { Page, Redirect } from '../frame/answer.js';
import { Asking, Console, read } from '../frame/console.js';
import type { Visitor } from '../frame/visitor.js';
import { DefinitionsView, DefinitionView } from './definitions.view.js';

const KINDS = ['project', 'segment', 'campaign'] as const;

/** Which definition the address names. */
const address = z.object({
  kind: z.enum(KINDS),
  name: z.string().regex(/^[\w-]+(?:\/[\w-]+)*$/),
});
type Address = z.output<typeof address>;

/** Forms end lines as mail does. */
const text = z.string().transform((written) => written.replace(/\r\n?/g, '\n'));
const draft = z.object({ text });
const planned = z.object({ text, hash: z.string().length(64) });

const AT = '/console/definitions';
const MOST = 1_000;
const VERSIONS = 20;

@Console('definitions')
export class DefinitionsController {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(WAKE_UPS) private readonly wakeUps: WakeUps,
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

  @Get(':kind/:name')
  @For('viewer')
  async show(@Param() params: unknown): Promise<Page> {
    const which = readAddress(params);
    return this.page(which, { text: (await this.written(which)) ?? '' });
  }

  @Post(':kind/:name/plan')
  @For('author')
  async plan(@Param() params: unknown, @Body() body: unknown): Promise<Page> {
    const which = readAddress(params);
    const { text: changed } = read(draft, body);
    const { sources, definitions, diagnostics } = await this.check(which, changed);
    const texts = new Map(sources.map(({ path, text }) => [path, text]));
    const problems = printDiagnostics(diagnostics, texts, { colours: false });
    const plan = definitions && (await planDefinitions(this.sql, definitions));
    return this.page(which, { text: changed, problems, plan });
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
    const { sources, definitions } = await this.check(which, changed);
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
    return new Redirect(hrefOf(which), 'applied');
  }

  private async page(
    which: Address,
    draft: Pick<Parameters<typeof DefinitionView>[0], 'text' | 'problems' | 'plan'>,
  ): Promise<Page> {
    const versions = await listVersions(this.sql, which, { before: null, limit: VERSIONS });
    return new Page({
      title: () => which.name,
      place: 'definitions',
      body: (
        <DefinitionView
          {...which}
          {...draft}
          path={pathOf(which)}
          href={hrefOf(which)}
          written={versions.find(({ live }) => live)?.source ?? ''}
          versions={versions}
        />
      ),
    });
  }

  private async written(which: Address): Promise<string | null> {
    const [newest] = await listVersions(this.sql, which, { before: null, limit: 1 });
    return newest?.source ?? null;
  }

  /** Everything that is live, with this one file as it is to be. */
  private async check(
    which: Address,
    changed: string,
  ): Promise<{ sources: SourceFile[] } & Awaited<ReturnType<typeof checkDefinitions>>> {
    const path = pathOf(which);
    const others = (await loadLiveSources(this.sql)).filter((file) => file.path !== path);
    const sources = [...others, { path, kind: which.kind, id: which.name, text: changed }];
    return { sources, ...(await checkDefinitions(sources)) };
  }
}

/** The segment that a campaign brings along. */
function whoOf({ name }: { name: string }): string {
  return `${name}/who`;
}

function readAddress(params: unknown): Address {
  const parsed = address.safeParse(params);
  if (!parsed.success) throw new HttpException('there is no such definition', 404);
  return parsed.data;
}

function hrefOf({ kind, name }: Address): string {
  return `${AT}/${kind}/${encodeURIComponent(name)}`;
}
