/** Backtests in the background as a Nest module: part of the role api. */
import { Module } from '@nestjs/common';
import { BacktestRunner } from './backtest-runner.service.js';

@Module({ providers: [BacktestRunner], exports: [BacktestRunner] })
export class BacktestsModule {}
