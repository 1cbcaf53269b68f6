/** Shapes of the import routes, in and out, and how rows become them. */
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { printTemplate } from '../ingest/import-csv-mapping.js';
import type { ImportRow } from '../ingest/import-csv-row.js';
import {
  IMPORT_STATES,
  type ImportError,
  type ImportState,
  type StoredImport,
} from '../ingest/imports.sql.js';
import type { TriedRows } from '../ingest/try-import.js';
import { PageQuery } from './page.js';
import { showInstant, showOptionalInstant, type Shown } from './show.js';

const LONGEST = 1_000;
const MOST_FIELDS = 300;
const MOST_TRIED = 200;

/** One or several of a parameter. */
function Repeatable(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) =>
    value === undefined ? undefined : [value].flat(),
  );
}

export class NewImportQuery {
  @ApiProperty({
    description: "the column with the application's id of the profile, or text with {column} in it",
  })
  @IsString()
  @MaxLength(LONGEST)
  profile: string;

  @ApiProperty({
    description: 'where the rows come from; the same id from the same source is stored once',
    example: 'orders',
  })
  @IsString()
  @MaxLength(100)
  source: string;

  @ApiPropertyOptional({ description: 'the name of the events; without it the rows are profiles' })
  @IsOptional()
  @IsString()
  @MaxLength(LONGEST)
  event?: string;

  @ApiPropertyOptional({ description: 'the column that says when each event occurred (ISO 8601)' })
  @IsOptional()
  @IsString()
  @MaxLength(LONGEST)
  at?: string;

  @ApiPropertyOptional({ description: 'the column that tells events apart' })
  @IsOptional()
  @IsString()
  @MaxLength(LONGEST)
  id?: string;

  @ApiPropertyOptional({
    type: [String],
    description: 'NAME[:TYPE][=COLUMN], repeatable; types: text, number, boolean, json',
    example: ['amount:number'],
  })
  @IsOptional()
  @Repeatable()
  @IsArray()
  @ArrayMaxSize(MOST_FIELDS)
  @IsString({ each: true })
  @MaxLength(LONGEST, { each: true })
  property?: string[];

  @ApiPropertyOptional({
    type: [String],
    description: 'as property: a trait to set where the profile has none',
    example: ['email', 'card.expires_on=expires'],
  })
  @IsOptional()
  @Repeatable()
  @IsArray()
  @ArrayMaxSize(MOST_FIELDS)
  @IsString({ each: true })
  @MaxLength(LONGEST, { each: true })
  trait?: string[];

  @ApiPropertyOptional({ description: 'the zone of times without an offset' })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  zone?: string;

  @ApiPropertyOptional({ description: 'between cells: one character, or `tab`', default: ',' })
  @IsOptional()
  @IsString()
  @MaxLength(10)
  delimiter?: string;

  @ApiPropertyOptional({ description: "the file's name, for people; default: the source" })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  file?: string;

  @ApiPropertyOptional({ enum: ['true', 'false'], description: 'only say what would come of it' })
  @IsOptional()
  @IsIn(['true', 'false'])
  dry_run?: string;

  @ApiPropertyOptional({
    minimum: 1,
    maximum: MOST_TRIED,
    default: 20,
    description: 'how many rows a dry run reads',
  })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MOST_TRIED)
  rows: number = 20;
}

export class ImportsQuery extends PageQuery {
  @ApiPropertyOptional({ enum: IMPORT_STATES })
  @IsOptional()
  @IsIn(IMPORT_STATES)
  state?: ImportState;
}

class ProgressView {
  @ApiProperty({ description: 'of the file, unzipped' })
  bytes: number;

  @ApiProperty()
  bytesTotal: number;

  @ApiProperty({ description: 'the last line that was read' })
  lines: number;
}

class RowCountsView {
  @ApiProperty({ description: 'events, or profiles read' })
  stored: number;

  @ApiProperty({ description: 'were there already' })
  duplicate: number;

  @ApiProperty()
  refused: number;
}

export class ImportView {
  @ApiProperty()
  id: number;

  @ApiProperty({ enum: IMPORT_STATES })
  state: ImportState;

  @ApiProperty()
  file: string;

  @ApiProperty({ description: 'of its events: `import:NAME`' })
  source: string;

  @ApiProperty({ type: String, nullable: true, description: 'null: profiles' })
  event: string | null;

  @ApiProperty({ type: ProgressView })
  progress: ProgressView;

  @ApiProperty({ type: RowCountsView })
  rows: RowCountsView;

  @ApiProperty({ description: '`api:NAME`, `console:NAME` or `command`' })
  askedBy: string;

  @ApiProperty({ format: 'date-time' })
  askedAt: string;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'null: it waits',
  })
  startedAt: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  finishedAt: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'why it failed' })
  error: string | null;
}

export class ImportPage {
  @ApiProperty({ type: [ImportView] })
  items: ImportView[];

  @ApiProperty({ type: String, nullable: true })
  next: string | null;
}

export class ImportErrorView {
  @ApiProperty({ description: 'where the row ends; the header is line 1' })
  line: number;

  @ApiProperty()
  detail: string;
}

export class ImportErrorPage {
  @ApiProperty({ type: [ImportErrorView] })
  items: ImportErrorView[];

  @ApiProperty({ type: String, nullable: true })
  next: string | null;
}

class TriedEventView {
  @ApiProperty()
  name: string;

  @ApiProperty({ format: 'date-time' })
  occurredAt: string;

  @ApiProperty()
  messageId: string;

  @ApiProperty({ type: 'object', additionalProperties: true })
  properties: Record<string, unknown>;
}

class TriedRowView {
  @ApiProperty()
  line: number;

  @ApiPropertyOptional()
  userId?: string;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true })
  traits?: Record<string, unknown>;

  @ApiPropertyOptional({ type: TriedEventView, nullable: true })
  event?: TriedEventView | null;

  @ApiPropertyOptional({ description: 'why the row would be refused' })
  error?: string;
}

export class DryRunView {
  @ApiProperty({ type: [TriedRowView] })
  rows: TriedRowView[];

  @ApiProperty({ description: 'of these rows' })
  refused: number;

  @ApiProperty({ description: 'the file has no more rows than these' })
  complete: boolean;
}

export function showImport(row: StoredImport): Shown<ImportView> {
  const { id, state, file, source, mapping, askedBy, error } = row;
  const event = mapping?.event ?? null;
  return {
    id,
    state,
    file,
    source,
    event: event && printTemplate(event),
    progress: { bytes: row.bytesDone, bytesTotal: row.bytesTotal, lines: row.linesDone },
    rows: { stored: row.rowsStored, duplicate: row.rowsDuplicate, refused: row.rowsRefused },
    askedBy,
    askedAt: showInstant(row.askedAt),
    startedAt: state === 'queued' && row.linesDone === 0 ? null : showInstant(row.startedAt),
    finishedAt: showOptionalInstant(row.finishedAt),
    error,
  };
}

export function showTried({ rows, refused, complete }: TriedRows): DryRunView {
  return { rows: rows.map(showTriedRow), refused, complete };
}

function showTriedRow(row: ImportRow | ImportError): TriedRowView {
  if ('detail' in row) return { line: row.line, error: row.detail };
  const { line, userId, traits, event } = row;
  return {
    line,
    userId,
    traits,
    event: event && {
      name: event.name,
      occurredAt: showInstant(event.at),
      messageId: event.messageId,
      properties: event.properties,
    },
  };
}
