/** Console: the versions of a definition there were, any two of them line by line. Also of templates. */
import { Get, HttpException, Inject, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { readCursor, toPage } from '../../core/cursor.js';
import type { ConnectionSource } from '../../core/queryable.js';
import { CONNECTIONS } from '../../core/tokens.js';
import { listVersions, loadSource } from '../../definitions/definitions.sql.js';
import { For } from '../door/for.js';
import { Page } from '../frame/answer.js';
import { Console, read } from '../frame/console.js';
import { definitionName, WRITABLE } from './definition-drafts.js';
import { HistoryView } from './definition-history.view.js';

const address = z.object({ kind: z.enum([...WRITABLE, 'template']), name: definitionName });
const version = z.preprocess(
  (value) => value || undefined,
  z.coerce.number().int().positive().max(1e9).optional(),
);
const compared = z.object({ from: version, to: version, cursor: z.string().max(500).optional() });

const LIMIT = 50;

@Console('definitions')
export class DefinitionHistoryController {
  constructor(@Inject(CONNECTIONS) private readonly sql: ConnectionSource) {}

  @Get(':kind/:name/versions')
  @For('viewer')
  async show(@Param() params: unknown, @Query() query: unknown): Promise<Page> {
    const named = address.safeParse(params);
    if (!named.success) throw new HttpException('there is no such definition', 404);
    const which = named.data;
    const asked = read(compared, query);
    const before = readCursor<[number]>(asked.cursor, 'number')?.[0] ?? null;
    const rows = await listVersions(this.sql, which, { before, limit: LIMIT + 1 });
    if (rows.length === 0 && before === null)
      throw new HttpException('there never was such a definition', 404);
    const { items, next } = toPage(
      rows,
      { limit: LIMIT },
      { key: (one) => [one.version], show: (row) => row },
    );
    // Without a question: what the newest of the page changed.
    const to = asked.to ?? items[0]?.version ?? 1;
    const from = asked.from ?? to - 1;
    const [earlier, later] = await Promise.all(
      [from, to].map((one) => loadSource(this.sql, { ...which, version: one })),
    );
    return new Page({
      title: () => which.name,
      place: 'definitions',
      body: (
        <HistoryView
          {...which}
          versions={items}
          next={next}
          deep={before !== null}
          compared={{ from, to, earlier: earlier ?? null, later: later ?? null }}
        />
      ),
    });
  }
}
