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

/** What the address says about how a mail is looked at. */
export const mailView = z.object({
  part: z.enum(MAIL_PARTS).default('mail'),
  width: z.enum(MAIL_WIDTHS).default('600'),
  pictures: z.literal('on').optional(),
});

/** A source is shown up to here; the download has all of it. */
const MOST_SOURCE = 200_000;

export interface ShownMail {
  /** The page that it stands on; its HTML alone is at `<at>/html`. */
  at: string;
  view: z.output<typeof mailView>;
  hasHtml: boolean;
  text: string | undefined;
  headers: { key: string; value: string }[];
  /** As it goes over the wire; null when it cannot be addressed. */
  source: Buffer | null;
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
      return source === null ? <Empty title={message.noSource} /> : <Source of={source} />;
  }
}

function Rendered({ at, view: { width, pictures }, hasHtml }: ShownMail) {
  const { mailbox } = useVisitor().texts;
  if (!hasHtml) return <Empty title={mailbox.noHtml} />;
  const shown = pictures ? '&pictures=on' : '';
  return (
    <>
      <nav class="tabs" aria-label={mailbox.width}>
        {MAIL_WIDTHS.map((one) => (
          <a
            key={one}
            href={`${at}?width=${one}${shown}#mail`}
            aria-current={one === width ? 'true' : undefined}
          >
            {one} px
          </a>
        ))}
        <a href={`${at}?width=${width}${pictures ? '' : '&pictures=on'}#mail`}>
          {pictures ? mailbox.noPictures : mailbox.pictures}
        </a>
      </nav>
      <iframe
        class={`mail w${width}`}
        title={mailbox.frame}
        sandbox=""
        src={`${at}/html${pictures ? '?pictures=on' : ''}`}
      />
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
