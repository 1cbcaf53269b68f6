/** The console's files, before and behind the login, and while the database is away. */
import { Get, HttpException, Param } from '@nestjs/common';
import { ASSETS } from './assets.js';
import { For } from './door/for.js';
import { Raw } from './frame/answer.js';
import { Console } from './frame/console.js';

/** The name holds the content's hash. */
const FOR_EVER = { 'cache-control': 'public, max-age=31536000, immutable' };

@Console('assets')
export class AssetsController {
  @Get(':file')
  @For('file')
  read(@Param('file') file: string): Raw {
    const asset = Object.values(ASSETS).find((one) => one.file === file);
    if (!asset) throw new HttpException('there is no such file', 404);
    return new Raw(asset.type, asset.body, FOR_EVER);
  }
}
