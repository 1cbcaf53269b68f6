/** The dev mailbox: the list, and one mail as its reader, a mail program and a server see it. */
import type { ComponentChildren } from 'preact';
import type { DevMail } from '../../delivery/dev-mails.sql.js';
import { useVisitor } from '../frame/visitor.js';
import { Field, Filters } from '../parts/forms.js';
import { Empty, Facts, Pager, Table, Time } from '../parts/show.js';

export const MAIL_PARTS = ['mail', 'text', 'headers', 'source'] as const;
export const MAIL_WIDTHS = ['375', '600'] as const;

/** A source is shown up to here; the download has all of it. */
const MOST_SOURCE = 200_000;

interface List {
  mails: DevMail[];
  next: string | null;
  to: string | undefined;
  deep: boolean;
}

export function MailboxView({ mails, next, to, deep }: List) {
  const { texts } = useVisitor();
  const { mailbox } = texts;
  const base = to ? `/console/mailbox?to=${encodeURIComponent(to)}` : '/console/mailbox';
  return (
    <>
      <h1>{mailbox.title}</h1>
      <p class="lead">{mailbox.about}</p>
      <Filters action="/console/mailbox">
        <Field label={mailbox.filterTo} name="to" value={to} type="search" />
      </Filters>
      <div id="mails" data-live={!deep}>
        {mails.length === 0 ? (
          <Empty title={to ? mailbox.noMatch : mailbox.emptyTitle}>
            {!to && <p>{mailbox.empty}</p>}
          </Empty>
        ) : (
          <Table
            label={mailbox.title}
            head={[mailbox.received, mailbox.to, mailbox.subject, mailbox.campaign]}
          >
            {mails.map((mail) => (
              <tr key={mail.id}>
                <td>
                  <Time at={mail.receivedAt} />
                </td>
                <td>{mail.to}</td>
                <td>
                  <a href={`/console/mailbox/${mail.id}`}>{mail.subject || mailbox.noSubject}</a>
                </td>
                <td>
                  {mail.campaign} / {mail.step}
                </td>
              </tr>
            ))}
          </Table>
        )}
      </div>
      <Pager next={next} base={base} deep={deep} />
    </>
  );
}

interface One {
  mail: DevMail & { source: Buffer };
  part: (typeof MAIL_PARTS)[number];
  width: (typeof MAIL_WIDTHS)[number];
  pictures: boolean;
  hasHtml: boolean;
  text: string | undefined;
  headers: { key: string; value: string }[];
}

export function MailView(one: One) {
  const { texts } = useVisitor();
  const { mailbox } = texts;
  const { mail, part } = one;
  const at = `/console/mailbox/${mail.id}`;
  const names = {
    mail: mailbox.rendered,
    text: mailbox.text,
    headers: mailbox.headers,
    source: mailbox.source,
  };
  return (
    <>
      <div class="title">
        <h1>{mail.subject || mailbox.noSubject}</h1>
        <a class="button" href={`${at}/download`}>
          {mailbox.download}
        </a>
      </div>
      <section class="card">
        <Facts
          of={[
            [mailbox.to, <a href={`/console/profiles/${mail.profileId}`}>{mail.to}</a>],
            [mailbox.from, mail.from],
            [mailbox.received, <Time at={mail.receivedAt} />],
            [
              mailbox.campaign,
              <>
                <a href={`/console/campaigns/${encodeURIComponent(mail.campaign)}`}>
                  {mail.campaign}
                </a>{' '}
                / <a href={`/console/messages/${mail.messageId}`}>{mail.step}</a>
              </>,
            ],
          ]}
        />
      </section>
      <nav class="tabs" aria-label={mailbox.views}>
        {MAIL_PARTS.map((name) => (
          <a
            key={name}
            href={`${at}?part=${name}`}
            aria-current={name === part ? 'page' : undefined}
          >
            {names[name]}
          </a>
        ))}
      </nav>
      <Part {...one} />
    </>
  );
}

function Part({ part, ...one }: One) {
  const { mailbox } = useVisitor().texts;
  switch (part) {
    case 'mail':
      return <Rendered {...one} />;
    case 'text':
      return one.text === undefined ? <Empty title={mailbox.noText} /> : <Pre>{one.text}</Pre>;
    case 'headers':
      return (
        <section class="card">
          <Facts of={one.headers.map(({ key, value }) => [key, value] as const)} />
        </section>
      );
    case 'source':
      return <Source of={one.mail.source} />;
  }
}

function Rendered({ mail, width, pictures, hasHtml }: Omit<One, 'part'>) {
  const { mailbox } = useVisitor().texts;
  if (!hasHtml) return <Empty title={mailbox.noHtml} />;
  const at = `/console/mailbox/${mail.id}`;
  const shown = pictures ? '&pictures=on' : '';
  return (
    <>
      <nav class="tabs" aria-label={mailbox.width}>
        {MAIL_WIDTHS.map((one) => (
          <a
            key={one}
            href={`${at}?width=${one}${shown}`}
            aria-current={one === width ? 'true' : undefined}
          >
            {one} px
          </a>
        ))}
        <a href={`${at}?width=${width}${pictures ? '' : '&pictures=on'}`}>
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
