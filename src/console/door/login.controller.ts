/**
 * In and out of the console. In: a name and a password. Out: a session in a cookie, always a new one, or the form
 * again. Wrong passwords take as long as right ones, and too many tries wait (login-limits.ts).
 */
import { Body, Get, HttpException, Inject, Post, Query, Req, Res } from '@nestjs/common';
import { z } from 'zod';
import type { Environment } from '../../core/environment.js';
import type { ConnectionSource } from '../../core/queryable.js';
import { CONNECTIONS, ENVIRONMENT } from '../../core/tokens.js';
import { loadSecret } from '../../delivery/hand-over-facts.sql.js';
import { Page, Redirect } from '../frame/answer.js';
import { Asking, Console, read } from '../frame/console.js';
import { cookie, type ConsoleReply, type ConsoleRequest } from '../frame/request.js';
import type { Visitor } from '../frame/visitor.js';
import { LANGUAGES } from '../texts/texts.js';
import {
  deviceCookie,
  DEVICE_COOKIE,
  languageCookie,
  sessionCookie,
  SESSION_COOKIE,
} from './cookies.js';
import { For } from './for.js';
import { deviceToken, knownDevice } from './known-device.js';
import { LoginLimits, type LoginTry } from './login-limits.js';
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

@Console()
export class LoginController {
  private readonly limits = new LoginLimits();

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
    const secret = await loadSecret(this.sql);
    const { now } = visitor;
    const device = knownDevice(secret, cookie(request, DEVICE_COOKIE) ?? '', { name, now });
    const attempt = { name, address: request.ip, device };
    this.slowDown(attempt);
    const person = await findPerson(this.sql, name);
    const right = await checkPassword(password, person?.password ?? null);
    if (!person || !right) return loginPage({ next: safePath(next), name, wrong: true });
    this.limits.giveBack(attempt);
    const before = cookie(request, SESSION_COOKIE);
    if (before) await endSession(this.sql, digest(before));
    const token = await openSession(this.sql, { personId: person.id, now });
    const way = { environment: this.environment, request };
    reply.header('set-cookie', [
      sessionCookie(token, way),
      deviceCookie(deviceToken(secret, name, now), way),
    ]);
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

  private slowDown(attempt: LoginTry): void {
    const wait = this.limits.take(attempt);
    if (wait > 0)
      throw new HttpException({ message: 'too many wrong passwords', retryAfter: wait }, 429);
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
