/** Console: what a diagnostic means and what to do about it: the pages of docs/diagnostics, as they come with the package. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Get, HttpException, Param } from '@nestjs/common';
import { CODES } from '../../language/codes.js';
import { For } from '../door/for.js';
import { Page } from '../frame/answer.js';
import { Console } from '../frame/console.js';
import { DiagnosticView } from './diagnostic.view.js';

/** From src/ and from dist/ alike. */
const FOLDER = fileURLToPath(new URL('../../../docs/diagnostics/', import.meta.url));

@Console('diagnostics')
export class DiagnosticsController {
  @Get(':code')
  @For('viewer')
  show(@Param('code') code: string): Page {
    const file = `${FOLDER}${code}.md`;
    // Only codes of ours become a path.
    if (!Object.hasOwn(CODES, code) || !existsSync(file))
      throw new HttpException('there is no such page', 404);
    return new Page({
      title: () => code,
      place: 'definitions',
      body: <DiagnosticView text={readFileSync(file, 'utf8')} />,
    });
  }
}
