/** The dev mailbox: the list, and one mail as its reader, a mail program and a server see it. */
import type { DevMail } from '../../delivery/dev-mails.sql.js';
import { useVisitor } from '../frame/visitor.js';
import { Field, Filters } from '../parts/forms.js';
import { Mail, type ShownMail } from '../parts/mail.js';
import { Empty, Facts, Pager, Table, Time } from '../parts/show.js';

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
                  {mail.messageId === null ? mailbox.test : `${mail.campaign} / ${mail.step}`}
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

interface One extends ShownMail {
  mail: DevMail;
}

export function MailView({ mail, ...shown }: One) {
  const visitor = useVisitor();
  const { mailbox } = visitor.texts;
  return (
    <>
      <div class="title">
        <h1>{mail.subject || mailbox.noSubject}</h1>
        {visitor.may('operator') && (
          <a class="button" href={`${shown.at}/download`}>
            {mailbox.download}
          </a>
        )}
      </div>
      <section class="card">
        <Facts
          of={[
            [mailbox.to, <a href={`/console/profiles/${mail.profileId}`}>{mail.to}</a>],
            [mailbox.from, mail.from],
            [mailbox.received, <Time at={mail.receivedAt} />],
            [
              mailbox.campaign,
              mail.campaign === null ? (
                mailbox.test
              ) : (
                <>
                  <a href={`/console/campaigns/${encodeURIComponent(mail.campaign)}`}>
                    {mail.campaign}
                  </a>{' '}
                  / <a href={`/console/messages/${mail.messageId}`}>{mail.step}</a>
                </>
              ),
            ],
          ]}
        />
      </section>
      <section class="card" id="mail" aria-label={mailbox.rendered}>
        <Mail {...shown} />
      </section>
    </>
  );
}
