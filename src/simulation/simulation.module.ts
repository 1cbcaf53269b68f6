/** Simulations for those who ask over HTTP, as a Nest module: part of the role api. */
import { Module } from '@nestjs/common';
import { BacktestRunner } from './backtest-runner.service.js';
import { TestPlayer } from './test-player.service.js';

@Module({ providers: [BacktestRunner, TestPlayer], exports: [BacktestRunner, TestPlayer] })
export class SimulationModule {}
