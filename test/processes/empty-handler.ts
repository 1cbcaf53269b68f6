/** An HTTP server of the product's framework and settings whose one route does nothing; at the port of its argument. */
import 'reflect-metadata';
import { Controller, Get, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createAdapter } from '../../src/app/http-server.js';

@Controller()
class Empty {
  @Get('empty')
  @Post('empty')
  answer(): object {
    return {};
  }
}

@Module({ controllers: [Empty] })
class EmptyModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create<NestFastifyApplication>(EmptyModule, createAdapter(), {
    logger: false,
  });
  await app.listen(Number(process.argv[2]), '127.0.0.1');
  process.stdout.write('listening\n');
  process.once('SIGTERM', () => void app.close());
}

void main();
