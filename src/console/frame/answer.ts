/** What a console route answers with; page.interceptor.ts writes it down. */
import type { Readable } from 'node:stream';
import type { ComponentChildren } from 'preact';
import type { Texts } from '../texts/texts.js';

/** Where in the navigation a page stands. */
export type Place = keyof Texts['nav'];

export class Page {
  constructor(
    readonly what: {
      /** As people read it; the name of a thing as it is stored. */
      title: (texts: Texts) => string;
      place?: Place;
      body: ComponentChildren;
      status?: number;
      /** Something on it is under way: without script it loads itself again until that is done. */
      underWay?: boolean;
      /** It is no answer yet: asked for again after so many seconds, where that repeats nothing. */
      againAfter?: number;
    },
  ) {}
}

/** What was done, as the next page says it once. */
export type Done = keyof Texts['done'];

/** See other: after a form, so that reloading repeats nothing. */
export class Redirect {
  constructor(
    readonly path: string,
    readonly done?: Done,
  ) {}

  /** The address, relative to the console's own. */
  get location(): string {
    if (!this.done) return this.path;
    return `${this.path}${this.path.includes('?') ? '&' : '?'}done=${this.done}`;
  }
}

/** Anything that is not a page: a file, a mail to be looked at. */
export class Raw {
  constructor(
    readonly type: string,
    readonly body: string | Buffer | Readable,
    readonly headers: Record<string, string> = {},
  ) {}
}
