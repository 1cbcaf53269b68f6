/** Console: the stream that tells open pages that something happened (server-sent events); they renew themselves. */
import { Get, Inject, Res } from '@nestjs/common';
import { For } from '../door/for.js';
import { Console } from '../frame/console.js';
import { CONSOLE_HEADERS } from '../frame/headers.js';
import type { ConsoleReply } from '../frame/request.js';
import { ChangeWatch } from './change-watch.service.js';

/** Browsers come again by themselves, and whose session is over does not get in again. */
const LONGEST_MS = 10 * 60_000;
/** Proxies cut what is silent for a minute. */
const HEARTBEAT_MS = 20_000;

@Console('live')
export class LiveController {
  constructor(@Inject(ChangeWatch) private readonly watch: ChangeWatch) {}

  @Get()
  @For('viewer')
  open(@Res() reply: ConsoleReply): void {
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, {
      ...CONSOLE_HEADERS,
      'content-type': 'text/event-stream; charset=utf-8',
      'x-accel-buffering': 'no',
    });
    raw.write('retry: 5000\n\n');
    const stop = this.watch.listen({
      onChange: () => raw.write('event: change\ndata:\n\n'),
      onEnd: () => raw.end(),
    });
    const beat = setInterval(() => raw.write(':\n\n'), HEARTBEAT_MS).unref();
    const longest = setTimeout(() => raw.end(), LONGEST_MS).unref();
    raw.on('close', () => {
      stop();
      clearInterval(beat);
      clearTimeout(longest);
    });
  }
}
