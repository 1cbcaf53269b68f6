/** Console: addresses that are none, as a page rather than a problem; who is not logged in does not learn which are. */
import { Get, HttpException } from '@nestjs/common';
import { For } from '../door/for.js';
import { Console } from '../frame/console.js';

@Console()
export class NowhereController {
  @Get('*')
  @For('viewer')
  answer(): never {
    throw new HttpException('there is no such page', 404);
  }
}
