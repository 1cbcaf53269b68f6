/** Shapes of the backtest routes, in and out. */
import { ApiProperty } from '@nestjs/swagger';
import { IsNotEmpty, IsString, MaxLength } from 'class-validator';
import {
  BACKTEST_STATES,
  type BacktestState,
  type StoredBacktest,
} from '../simulation/backtests.sql.js';
import { showInstant, showOptionalInstant, type Shown } from './show.js';

export class BacktestBody {
  @ApiProperty({
    example: '2026-01-01',
    description: "a day or a time of the project's zone, or one with its offset",
  })
  @IsString()
  @IsNotEmpty()
  @MaxLength(40)
  from: string;

  @ApiProperty({ example: '2026-07-01', description: 'the end, exclusive' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(40)
  to: string;
}

export class BacktestView {
  @ApiProperty()
  id: number;

  @ApiProperty()
  campaign: string;

  @ApiProperty({ format: 'date-time' })
  from: string;

  @ApiProperty({ format: 'date-time' })
  to: string;

  @ApiProperty({ description: 'as it was asked for' })
  fromText: string;

  @ApiProperty()
  toText: string;

  @ApiProperty()
  askedBy: string;

  @ApiProperty({ format: 'date-time' })
  askedAt: string;

  @ApiProperty({
    enum: BACKTEST_STATES,
    description: 'one runs at a time; `failed` says why in `error`',
  })
  state: BacktestState;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'how far virtual time has come',
  })
  reachedAt: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  startedAt: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  finishedAt: string | null;

  @ApiProperty({ type: String, nullable: true })
  error: string | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'figures as `rekindle backtest --json` prints them; null unless it is finished',
  })
  result: object | null;
}

export class BacktestPage {
  @ApiProperty({ type: [BacktestView], description: 'the latest first' })
  items: BacktestView[];

  @ApiProperty({ type: String, nullable: true })
  next: string | null;
}

export function showBacktest(row: StoredBacktest): Shown<BacktestView> {
  return {
    ...row,
    from: showInstant(row.from),
    to: showInstant(row.to),
    askedAt: showInstant(row.askedAt),
    reachedAt: showOptionalInstant(row.reachedAt),
    startedAt: showOptionalInstant(row.startedAt),
    finishedAt: showOptionalInstant(row.finishedAt),
  };
}
