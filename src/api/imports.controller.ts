/**
 * REST: history by file. In: a CSV as the body, its mapping as parameters, as `rekindle import` has them. Out: an import
 * that goes on by itself, how far it has come, which rows were refused and why. Imports start nothing.
 */
import { Get, HttpCode, HttpException, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBody,
  ApiConsumes,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  getSchemaPath,
} from '@nestjs/swagger';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { readCursor, toPage } from '../core/cursor.js';
import { UsageError } from '../core/errors.js';
import type { ConnectionSource, Queryable } from '../core/queryable.js';
import { CONNECTIONS } from '../core/tokens.js';
import type { ApiKey } from '../ingest/api-keys.js';
import { header, type Headers } from '../ingest/http-edge.js';
import { parseMapping, type ImportMapping } from '../ingest/import-csv-mapping.js';
import { ImportIntake } from '../ingest/import-intake.service.js';
import {
  cancelImport,
  listErrors,
  listImports,
  loadImport,
  type StoredImport,
} from '../ingest/imports.sql.js';
import { Acting, type Act } from './act.js';
import { actorOf } from './actor.js';
import { Asker, Needs } from './authorize.js';
import { FileBody, FILE_TYPES } from './bodies.js';
import { Repeated } from './idempotency.js';
import {
  DryRunView,
  ImportErrorPage,
  ImportPage,
  ImportsQuery,
  ImportView,
  NewImportQuery,
  showImport,
  showTried,
} from './imports.dto.js';
import { PageQuery } from './page.js';
import { ReadId } from './read-id.js';
import { Rest, type Reply } from './rest.js';
import type { Shown } from './show.js';

interface FileRequest {
  body: Readable;
  headers: Headers;
  raw: IncomingMessage;
}

@Rest('imports', 'ingest', { bodies: 'any' })
export class ImportsController {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(ImportIntake) private readonly intake: ImportIntake,
  ) {}

  @Post()
  @HttpCode(202)
  @FileBody()
  @Repeated('by_itself')
  @Needs('manage')
  @ApiOperation({
    summary:
      'Take a CSV in: 202, it goes on in the background. The same file and mapping is the same import: 200 when it was finished, else it goes on. At most 2 GB, gzip or not, 20 GB unzipped',
  })
  @ApiConsumes(...FILE_TYPES)
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  @ApiExtraModels(DryRunView)
  @ApiAcceptedResponse({ type: ImportView })
  @ApiOkResponse({
    schema: {
      oneOf: [{ $ref: getSchemaPath(ImportView) }, { $ref: getSchemaPath(DryRunView) }],
    },
  })
  async create(
    @Query() query: NewImportQuery,
    @Asker() key: ApiKey,
    @Req() request: FileRequest,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<Shown<ImportView> | DryRunView> {
    const { dry_run: dryRun, rows, file, ...flags } = query;
    const upload = {
      body: request.body,
      zipped: isZipped(request.headers),
      file: file ?? flags.source,
      mapping: readMapping(flags),
    };
    const { socket } = request.raw;
    if (dryRun === 'true') {
      reply.status(200);
      return showTried(await this.intake.try(upload, rows, socket));
    }
    const { stored } = await this.intake.receive({ ...upload, by: actorOf(key) }, socket);
    if (stored.state === 'finished') reply.status(200);
    return showImport(stored);
  }

  @Get()
  @Needs('read')
  @ApiOperation({ summary: 'Imports, the latest first; those of the command too' })
  @ApiOkResponse({ type: ImportPage })
  async list(@Query() query: ImportsQuery): Promise<ImportPage> {
    const rows = await listImports(this.sql, {
      state: query.state ?? null,
      before: readCursor<[number]>(query.cursor, 'number')?.[0] ?? null,
      limit: query.limit + 1,
    });
    return toPage(rows, query, { key: ({ id }) => [id], show: showImport });
  }

  @Get(':id')
  @Needs('read')
  @ApiOperation({ summary: 'One import: how far it has come' })
  @ApiOkResponse({ type: ImportView })
  async read(@Param('id', ReadId) id: number): Promise<Shown<ImportView>> {
    return showImport(await find(this.sql, id));
  }

  @Get(':id/errors')
  @Needs('read')
  @ApiOperation({ summary: 'The rows that were refused and why, in the order of the file' })
  @ApiOkResponse({ type: ImportErrorPage })
  async errors(
    @Param('id', ReadId) id: number,
    @Query() query: PageQuery,
  ): Promise<ImportErrorPage> {
    await find(this.sql, id);
    const after = readCursor<[number]>(query.cursor, 'number')?.[0] ?? null;
    const rows = await listErrors(this.sql, id, { after, limit: query.limit + 1 });
    return toPage(rows, query, { key: ({ line }) => [line], show: (row) => row });
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({ summary: 'End it; the rows that are stored stay, the chunk in hand is not' })
  @ApiOkResponse({ type: ImportView })
  async cancel(@Param('id', ReadId) id: number, @Acting() act: Act): Promise<Shown<ImportView>> {
    return act.once(async (sql, now) => {
      const { rowsStored, linesDone } = await find(sql, id);
      if (!(await cancelImport(sql, id, now))) throw new HttpException('it has ended already', 409);
      const action = { action: 'import.cancel', subject: `import/${id}` };
      await act.record(sql, now, { ...action, detail: { rowsStored, linesDone } });
      return showImport(await find(sql, id));
    });
  }
}

async function find(sql: Queryable, id: number): Promise<StoredImport> {
  const found = Number.isSafeInteger(id) ? await loadImport(sql, id) : null;
  if (!found) throw new HttpException('no such import', 404);
  return found;
}

function readMapping(flags: Parameters<typeof parseMapping>[0]): ImportMapping {
  try {
    return parseMapping(flags, (flag) => flag);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new HttpException(error.message, 422);
  }
}

function isZipped(headers: Headers): boolean {
  const encoding = header(headers, 'content-encoding')?.toLowerCase() ?? 'identity';
  if (encoding !== 'identity' && !/^(x-)?gzip$/.test(encoding))
    throw new HttpException('send the file as it is, or with content-encoding: gzip', 415);
  return encoding !== 'identity';
}
