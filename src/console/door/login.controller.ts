/**
 * In and out of the console. In: a name and a password. Out: a session in a cookie, always a new one, or the form
 * again. Wrong passwords take as long as right ones, and too many tries wait.
 */
import { Body, Get, HttpException, Inject, Post, Query, Req, Res } from '@nestjs/common';
import { z } from 'zod';
import type { Environment } from '../../core/environment.js';
import type { ConnectionSource } from '../../core/queryable.js';
import { CONNECTIONS, ENVIRONMENT } from '../../core/tokens.js';
import { RateLimit } from '../../ingest/rate-limit.js';
import { Page, Redirect } from '../frame/answer.js';
import { Asking, Console, read } from '../frame/console.js';
import { cookie, type ConsoleReply, type ConsoleRequest } from '../frame/request.js';
import type { Visitor } from '../frame/visitor.js';
import { LANGUAGES } from '../texts/texts.js';
import { languageCookie, sessionCookie, SESSION_COOKIE } from './cookies.js';
import { For } from './for.js';
import { loginPage } from './login.view.js';
import { checkPassword, PASSWORD_LENGTH } from './password.js';
import { findPerson } from './people.sql.js';
import { digest, endSession, openSession } from './sessions.sql.js';

const credentials = z.object({
  name: z.string().max(60),
  password: z.string().max(PASSWORD_LENGTH.most),
  next: z.string().max(2_000).default(''),
});
const choice = z.object({
  language: z.enum(LANGUAGES),
  next: z.string().max(2_000).default(''),
});

/** Ten wrong ones at once, then one in five seconds. */
const TRIES = { perSecond: 0.2, burst: 10 };

@Console()
export class LoginController {
  private readonly perAddress = new RateLimit(TRIES);
  private readonly perName = new RateLimit(TRIES);

  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  @Get('login')
  @For('anyone')
  ask(@Query('next') next: unknown, @Asking() visitor: Visitor): Page | Redirect {
    const path = safePath(next);
    return visitor.session ? new Redirect(path) : loginPage({ next: path, name: '', wrong: false });
  }

  @Post('login')
  @For('anyone')
  async logIn(
    @Body() body: unknown,
    @Req() request: ConsoleRequest,
    @Asking() visitor: Visitor,
    @Res({ passthrough: true }) reply: ConsoleReply,
  ): Promise<Page | Redirect> {
    const { name, password, next } = read(credentials, body);
    this.slowDown(request.ip, name);
    const person = await findPerson(this.sql, name);
    const right = await checkPassword(password, person?.password ?? null);
    if (!person || !right) return loginPage({ next: safePath(next), name, wrong: true });
    // Taken before the password was looked at, so that many tries at once do not slip through.
    this.perAddress.giveBack(request.ip);
    this.perName.giveBack(name);
    const before = cookie(request, SESSION_COOKIE);
    if (before) await endSession(this.sql, digest(before));
    const token = await openSession(this.sql, { personId: person.id, now: visitor.now });
    const { environment } = this;
    reply.header('set-cookie', sessionCookie(token, { environment, request }));
    return new Redirect(safePath(next));
  }

  @Post('logout')
  @For('viewer')
  async logOut(
    @Asking() visitor: Visitor,
    @Req() request: ConsoleRequest,
    @Res({ passthrough: true }) reply: ConsoleReply,
  ): Promise<Redirect> {
    await endSession(this.sql, visitor.session!.tokenHash);
    const { environment } = this;
    reply.header('set-cookie', sessionCookie('', { environment, request }));
    return new Redirect('/console/login', 'loggedOut');
  }

  @Post('language')
  @For('anyone')
  choose(
    @Body() body: unknown,
    @Req() request: ConsoleRequest,
    @Res({ passthrough: true }) reply: ConsoleReply,
  ): Redirect {
    const { language, next } = read(choice, body);
    const { environment } = this;
    reply.header('set-cookie', languageCookie(language, { environment, request }));
    return new Redirect(safePath(next));
  }

  private slowDown(address: string, name: string): void {
    const wait = Math.max(this.perAddress.take(address), this.perName.take(name));
    if (wait > 0)
      throw new HttpException({ message: 'too many tries; wait a little', retryAfter: wait }, 429);
  }
}

/** A path of the console to go on to, whatever was asked for: never another site. */
function safePath(next: unknown): string {
  return typeof next === 'string' &&
    /^\/console(?:[/?][\x21-\x7e]*)?$/.test(next) &&
    !next.includes('\\')
    ? next
    : '/console';
}
