/**
 * Console: history by file. The list with how far each has come; one with what was refused; a form that takes a file, or
 * looks at its first rows; and cancelling one, after a look at what is stored.
 */
import { Body, Get, HttpException, Inject, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { recordAction } from '../../core/audit.js';
import { readCursor, toPage } from '../../core/cursor.js';
import type { ConnectionSource, Queryable } from '../../core/queryable.js';
import { CONNECTIONS } from '../../core/tokens.js';
import { inTransaction } from '../../core/transaction.js';
import { ImportIntake } from '../../ingest/import-intake.service.js';
import {
  cancelImport,
  listErrors,
  listImports,
  loadImport,
  type StoredImport,
} from '../../ingest/imports.sql.js';
import { For } from '../door/for.js';
import { Page, Redirect } from '../frame/answer.js';
import { Asking, Console, read, readId } from '../frame/console.js';
import { FileForm, Sent, type SentFile } from '../frame/file-form.js';
import type { Visitor } from '../frame/visitor.js';
import { mappingForm, readMapping } from './imports-form.js';
import { CancelView, ImportsView, ImportView, NewImportView, TriedView } from './imports.view.js';

const paging = z.object({ cursor: z.string().max(500).optional() });

const LIMIT = 50;
const AT = '/console/imports';
/** What a look at a file shows. */
const TRIED_ROWS = 20;

@Console('imports')
export class ImportsController {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(ImportIntake) private readonly intake: ImportIntake,
  ) {}

  @Get()
  @For('viewer')
  async list(@Query() query: unknown): Promise<Page> {
    const before = readCursor<[number]>(read(paging, query).cursor, 'number')?.[0] ?? null;
    const rows = await listImports(this.sql, { state: null, before, limit: LIMIT + 1 });
    const { items, next } = toPage(
      rows,
      { limit: LIMIT },
      { key: ({ id }) => [id], show: (row) => row },
    );
    return new Page({
      title: (texts) => texts.imports.title,
      place: 'imports',
      body: <ImportsView imports={items} next={next} deep={before !== null} />,
    });
  }

  @Get('new')
  @For('operator')
  ask(@Query() query: unknown): Page {
    return new Page({
      title: (texts) => texts.imports.create,
      place: 'imports',
      body: <NewImportView form={read(mappingForm, query)} />,
    });
  }

  @Post()
  @FileForm()
  @For('operator')
  async create(
    @Body() body: unknown,
    @Sent() file: SentFile | null,
    @Asking() { actor }: Visitor,
  ): Promise<Redirect> {
    const mapping = readMapping(read(mappingForm, body));
    const upload = { ...readFile(file), zipped: false, mapping, by: actor };
    const { stored, queued } = await this.intake.receive(upload, file!.socket);
    return new Redirect(`${AT}/${stored.id}`, queued ? 'importing' : 'importKnown');
  }

  /** What the first rows would become; nothing is stored. */
  @Post('try')
  @FileForm()
  @For('operator')
  async try(@Body() body: unknown, @Sent() file: SentFile | null): Promise<Page> {
    const form = read(mappingForm, body);
    const upload = { ...readFile(file), zipped: false, mapping: readMapping(form) };
    const tried = await this.intake.try(upload, TRIED_ROWS, file!.socket);
    return new Page({
      title: (texts) => texts.imports.tried,
      place: 'imports',
      body: <TriedView form={form} tried={tried} />,
    });
  }

  @Get(':id')
  @For('viewer')
  async show(@Param('id') text: string, @Query() query: unknown): Promise<Page> {
    const after = readCursor<[number]>(read(paging, query).cursor, 'number')?.[0] ?? null;
    const stored = await find(this.sql, text);
    const { items, next } = toPage(
      await listErrors(this.sql, stored.id, { after, limit: LIMIT + 1 }),
      { limit: LIMIT },
      { key: ({ line }) => [line], show: (row) => row },
    );
    return new Page({
      title: () => stored.file,
      place: 'imports',
      underWay: stored.state === 'queued' || stored.state === 'running',
      body: <ImportView stored={stored} errors={{ items, next, deep: after !== null }} />,
    });
  }

  @Get(':id/cancel')
  @For('operator')
  async askCancel(@Param('id') text: string): Promise<Page> {
    const stored = await find(this.sql, text);
    return new Page({
      title: (texts) => texts.imports.cancel,
      place: 'imports',
      body: <CancelView stored={stored} />,
    });
  }

  @Post(':id/cancel')
  @For('operator')
  async cancel(@Param('id') text: string, @Asking() { actor, now }: Visitor): Promise<Redirect> {
    const id = readId(text);
    await inTransaction(this.sql, async (sql) => {
      const { rowsStored, linesDone } = await find(sql, text);
      if (!(await cancelImport(sql, id, now))) throw new HttpException('it has ended already', 409);
      const action = { action: 'import.cancel', subject: `import/${id}` };
      await recordAction(sql, { at: now, actor, ...action, detail: { rowsStored, linesDone } });
    });
    return new Redirect(`${AT}/${id}`, 'importCancelled');
  }
}

async function find(sql: Queryable, text: string): Promise<StoredImport> {
  const found = await loadImport(sql, readId(text));
  if (!found) throw new HttpException('there is no such import', 404);
  return found;
}

function readFile(file: SentFile | null): { body: SentFile['body']; file: string } {
  if (!file || file.name === '') throw new HttpException('choose a file', 422);
  return { body: file.body, file: file.name.slice(0, 200) };
}
