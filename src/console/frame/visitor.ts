/**
 * Who looks at a page, and how it speaks to them: session, language, time. Made once per request at the door
 * (door/door.guard.ts); every component asks for it with `useVisitor`.
 */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { elapsedAs, formatParts, type Duration } from '../../core/duration.js';
import { COUNT_BOUND } from '../../core/bounded.js';
import { DAY_MS, NEVER, type Instant } from '../../core/instant.js';
import { includes, type ConsoleRole } from '../door/people.sql.js';
import type { Session } from '../door/sessions.sql.js';
import { TEXTS, type Language, type Texts } from '../texts/texts.js';

interface About {
  session: Session | null;
  language: Language;
  now: Instant;
  /** Of the project; UTC before the first apply. */
  zone: string;
  project: string | null;
}

export class Visitor {
  readonly texts: Texts;
  private readonly format: Intl.DateTimeFormat;
  private readonly numbers: Intl.NumberFormat;
  private readonly compacts: Intl.NumberFormat;
  private readonly days: Intl.DateTimeFormat;

  constructor(readonly about: About) {
    this.texts = TEXTS[about.language];
    this.numbers = new Intl.NumberFormat(about.language);
    this.compacts = new Intl.NumberFormat(about.language, { notation: 'compact' });
    this.days = new Intl.DateTimeFormat(about.language, {
      timeZone: about.zone,
      day: 'numeric',
      month: 'short',
    });
    // Swedish writes times as ISO 8601 does: they sort, and nobody reads the month as the day.
    this.format = new Intl.DateTimeFormat('sv-SE', {
      timeZone: about.zone,
      dateStyle: 'short',
      timeStyle: 'medium',
    });
  }

  get session(): Session | null {
    return this.about.session;
  }

  get now(): Instant {
    return this.about.now;
  }

  /** Of the project: what pages write times in. */
  get zone(): string {
    return this.about.zone;
  }

  /** How the audit log and rows name this person; only behind the door. */
  get actor(): string {
    return `console:${this.about.session!.name}`;
  }

  may(needed: ConsoleRole): boolean {
    const { session } = this.about;
    return session !== null && includes(session.role, needed);
  }

  /** `2026-05-01 10:00:05` in the zone of the project. */
  time(at: Instant): string {
    return this.format.format(at);
  }

  /** A stored word (texts/words.ts) as this language says it; another one as it is. */
  word(stored: string): string {
    const words: Readonly<Record<string, string>> = this.texts.words;
    return Object.hasOwn(words, stored) ? words[stored]! : stored;
  }

  number(n: number): string {
    return this.numbers.format(n);
  }

  /** A share from 0 to 1 as `12.3 %`. */
  percent(share: number): string {
    return `${this.number(Math.round(share * 1_000) / 10)} %`;
  }

  /** A difference of shares in points of a percent, with its sign: `+2.2`. */
  points(difference: number): string {
    const points = Math.round(difference * 1_000) / 10;
    return `${points > 0 ? '+' : ''}${this.number(points)}`;
  }

  /** `1 May`, where the year is plain. */
  day(at: Instant): string {
    return this.days.format(at);
  }

  /** A count that stops at a bound (core/bounded.ts), and says so. */
  bounded(count: number): string {
    return count > COUNT_BOUND ? `${this.number(COUNT_BOUND)}+` : this.number(count);
  }

  /** `12K`, where there is no room. */
  compact(n: number): string {
    return this.compacts.format(n);
  }

  /** `14 days`, in the largest unit that it fills. */
  elapsed(ms: number): string {
    return this.duration(elapsedAs(ms));
  }

  /** `1 day 2 hours 3 minutes`, to the millisecond. */
  lasted(ms: number): string {
    return formatParts(ms, (part) => this.duration(part));
  }

  private duration({ count, unit }: Duration): string {
    const style = { style: 'unit', unit, unitDisplay: 'long' } as const;
    return new Intl.NumberFormat(this.about.language, style).format(count);
  }

  /** How long ago, or how far ahead: `3 min`. One unit, because nobody needs two. */
  distance(at: Instant): string {
    if (at === NEVER) return this.texts.time.never;
    return this.span(Math.round(Math.abs(this.now - at) / 1000));
  }

  /** Seconds as `3 min`. */
  span(seconds: number): string {
    const { time } = this.texts;
    if (seconds < 90) return `${seconds} ${time.seconds}`;
    if (seconds < 90 * 60) return `${Math.round(seconds / 60)} ${time.minutes}`;
    if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} ${time.hours}`;
    return `${Math.round(seconds / 86_400)} ${time.days}`;
  }

  /** What pages count as lately: the last 24 hours. */
  get dayAgo(): Instant {
    return this.now - DAY_MS;
  }
}

export const VisitorContext = createContext<Visitor | null>(null);

/** The visitor of the page being rendered. */
export function useVisitor(): Visitor {
  const visitor = useContext(VisitorContext);
  if (!visitor) throw new Error('a component was rendered outside a page');
  return visitor;
}
