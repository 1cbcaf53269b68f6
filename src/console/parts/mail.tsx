/**
 * A mail as its reader, a mail program and a server see it, in four views behind links. In: the mail, taken apart; out: the
 * views. Its HTML is hostile until proven otherwise: it stands in a sandboxed frame, from a route of its own below `at`.
 */
import type { ComponentChildren } from 'preact';
import { z } from 'zod';
import { useVisitor } from '../frame/visitor.js';
import { Empty, Facts, Tabs } from './show.js';

const MAIL_PARTS = ['mail', 'text', 'headers', 'source'] as const;
const MAIL_WIDTHS = ['375', '600'] as const;

/** How a mail's frame is looked at, as the address says it. */
export const frameView = z.object({
  width: z.enum(MAIL_WIDTHS).default('600'),
  pictures: z.literal('on').optional(),
});

/** What the address says about how a mail is looked at. */
export const mailView = frameView.extend({ part: z.enum(MAIL_PARTS).default('mail') });

/** A source is shown up to here; the download has all of it. */
const MOST_SOURCE = 200_000;

export interface ShownMail {
  /** The page that it stands on; its HTML alone is at `<at>/html`. */
  at: string;
  view: z.output<typeof mailView>;
  hasHtml: boolean;
  text: string | undefined;
  headers: { key: string; value: string }[];
  /** As it goes over the wire; null when it cannot be addressed, withheld from those who may not use its links. */
  source: Buffer | 'withheld' | null;
}

export function Mail(mail: ShownMail) {
  const { mailbox } = useVisitor().texts;
  const names = {
    mail: mailbox.rendered,
    text: mailbox.text,
    headers: mailbox.headers,
    source: mailbox.source,
  };
  return (
    <>
      <Tabs
        label={mailbox.views}
        tabs={MAIL_PARTS.map((part) => ({
          href: `${mail.at}?part=${part}#mail`,
          text: names[part],
          current: part === mail.view.part,
        }))}
      />
      <Part {...mail} />
    </>
  );
}

function Part(mail: ShownMail) {
  const { mailbox, message } = useVisitor().texts;
  const { text, headers, source } = mail;
  switch (mail.view.part) {
    case 'mail':
      return <Rendered {...mail} />;
    case 'text':
      return text === undefined ? <Empty title={mailbox.noText} /> : <Pre>{text}</Pre>;
    case 'headers':
      return source === null ? (
        <Empty title={message.noSource} />
      ) : (
        <Facts of={headers.map(({ key, value }) => [key, value] as const)} />
      );
    case 'source':
      if (source === 'withheld') return <Empty title={mailbox.withheld} />;
      return source === null ? <Empty title={message.noSource} /> : <Source of={source} />;
  }
}

function Rendered({ at, view, hasHtml }: ShownMail) {
  const { mailbox } = useVisitor().texts;
  if (!hasHtml) return <Empty title={mailbox.noHtml} />;
  return (
    <MailFrame
      view={view}
      page={({ width, pictures }) => `${at}?width=${width}${pictures ? '&pictures=on' : ''}#mail`}
      html={`${at}/html${view.pictures ? '?pictures=on' : ''}`}
    />
  );
}

export type FrameView = z.output<typeof frameView>;

interface FramedMail {
  view: FrameView;
  /** Where this page is with another view. */
  page: (view: FrameView) => string;
  /** Where the mail's HTML alone is. */
  html: string;
}

/** The mail in a frame without rights, of a width to choose, with or without what it loads from elsewhere. */
export function MailFrame({ view, page, html }: FramedMail) {
  const { mailbox } = useVisitor().texts;
  const { width, pictures } = view;
  return (
    <>
      <nav class="tabs" aria-label={mailbox.width}>
        {MAIL_WIDTHS.map((one) => (
          <a
            key={one}
            href={page({ ...view, width: one })}
            aria-current={one === width ? 'true' : undefined}
          >
            {one} px
          </a>
        ))}
        <a href={page({ ...view, pictures: pictures ? undefined : 'on' })}>
          {pictures ? mailbox.noPictures : mailbox.pictures}
        </a>
      </nav>
      <iframe class={`mail w${width}`} title={mailbox.frame} sandbox="" src={html} />
    </>
  );
}

function Source({ of }: { of: Buffer }) {
  const { mailbox } = useVisitor().texts;
  return (
    <>
      <Pre>{of.subarray(0, MOST_SOURCE).toString('latin1')}</Pre>
      {of.length > MOST_SOURCE && <p class="soft">{mailbox.truncated}</p>}
    </>
  );
}

function Pre({ children }: { children: ComponentChildren }) {
  return <pre tabIndex={0}>{children}</pre>;
}
