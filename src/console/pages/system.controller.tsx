/** Console: what runs, what is paused, what was refused or set aside, and who did what by hand. */
import { Get, Inject, Query } from '@nestjs/common';
import { z } from 'zod';
import { listActions } from '../../core/audit.js';
import { readCursor, toPage } from '../../core/cursor.js';
import type { Environment } from '../../core/environment.js';
import type { ConnectionSource } from '../../core/queryable.js';
import { CONNECTIONS, ENVIRONMENT } from '../../core/tokens.js';
import { listPauses } from '../../delivery/pauses.sql.js';
import { listRejects } from '../../ingest/rejects.sql.js';
import { loadBillingSystems } from '../../insights/billing-systems.js';
import { loadInstallation } from '../../insights/installation.sql.js';
import { For } from '../door/for.js';
import { Page } from '../frame/answer.js';
import { Asking, Console, optionalText, read } from '../frame/console.js';
import type { Visitor } from '../frame/visitor.js';
import { AuditView, RejectsView, SystemView } from './system.view.js';

const paging = z.object({ cursor: z.string().max(500).optional(), code: optionalText(50) });

const LIMIT = 50;
/** What the system page itself shows of the long lists. */
const GLANCE = 8;

@Console('system')
export class SystemController {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  @Get()
  @For('viewer')
  async show(@Asking() visitor: Visitor): Promise<Page> {
    const { databaseUrl, billingSecrets } = this.environment;
    const [installation, billing, pauses, rejects, actions] = await Promise.all([
      loadInstallation(this.sql, visitor.now),
      loadBillingSystems(this.sql, billingSecrets),
      listPauses(this.sql, visitor.now),
      listRejects(this.sql, { since: null, code: null, before: null, limit: GLANCE }),
      listActions(this.sql, { before: null, subject: null, limit: GLANCE }),
    ]);
    return new Page({
      title: (texts) => texts.system.title,
      place: 'system',
      body: (
        <SystemView
          installation={installation}
          embedded={databaseUrl === null}
          billing={billing}
          pauses={pauses}
          rejects={rejects}
          actions={actions}
        />
      ),
    });
  }

  @Get('rejects')
  @For('viewer')
  async rejects(@Query() query: unknown): Promise<Page> {
    const { cursor, code } = read(paging, query);
    const before = readCursor<[number]>(cursor, 'number')?.[0] ?? null;
    const asked = { since: null, code: code ?? null, before, limit: LIMIT + 1 };
    const { items, next } = toPage(
      await listRejects(this.sql, asked),
      { limit: LIMIT },
      { key: ({ id }) => [id], show: (row) => row },
    );
    return new Page({
      title: (texts) => texts.system.rejects,
      place: 'system',
      body: <RejectsView rejects={items} next={next} deep={before !== null} code={code} />,
    });
  }

  @Get('audit')
  @For('viewer')
  async audit(@Query() query: unknown): Promise<Page> {
    const before = readCursor<[number]>(read(paging, query).cursor, 'number')?.[0] ?? null;
    const { items, next } = toPage(
      await listActions(this.sql, { before, subject: null, limit: LIMIT + 1 }),
      { limit: LIMIT },
      { key: ({ id }) => [id], show: (row) => row },
    );
    return new Page({
      title: (texts) => texts.system.audit,
      place: 'system',
      body: <AuditView actions={items} next={next} deep={before !== null} />,
    });
  }
}
