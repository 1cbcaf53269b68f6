/** A template as one person would get it: the mail in its frame, what it read, what was missing, whether it would be sent. */
import type { MessageCopy } from '../../delivery/message-copies.sql.js';
import type { PreviewedMail } from '../../delivery/preview-mail.js';
import type { StoredProfile } from '../../ingest/profiles.sql.js';
import { useVisitor } from '../frame/visitor.js';
import { Csrf, Field, Select, TextArea } from '../parts/forms.js';
import { MailFrame, type FrameView } from '../parts/mail.js';
import { Empty, Facts, State, Table, Value } from '../parts/show.js';
import { campaignHref } from './campaign.view.js';
import { Copies } from './message-tables.view.js';
import { Heading, profileHref } from './profile-parts.view.js';

interface Asked extends FrameView {
  template?: string | undefined;
  campaign?: string | undefined;
  locale?: string | undefined;
  json?: string | undefined;
}

interface Preview {
  profile: StoredProfile;
  /** Live ones, to choose from. */
  templates: string[];
  campaigns: string[];
  asked: Asked;
  preview: PreviewedMail | null;
  /** The latest tests of the template with the data of this profile. */
  tests: MessageCopy[];
  /** Where the last copy or test went that the visitor asked for. */
  sendTo: string | null;
}

export function PreviewView(view: Preview) {
  const { profile, templates, campaigns, asked, preview } = view;
  const { preview: texts } = useVisitor().texts;
  return (
    <>
      <Heading title={texts.title} profile={profile} />
      {templates.length === 0 ? (
        <Empty title={texts.noTemplates}>
          <p>
            {texts.noTemplatesAbout} <code>rekindle apply</code>
          </p>
        </Empty>
      ) : (
        <form class="card" method="get" action={profileHref(profile.id, 'preview')}>
          <div class="inline">
            <Select
              label={texts.template}
              name="template"
              value={asked.template}
              options={templates}
            />
            <Select
              label={texts.campaign}
              name="campaign"
              value={asked.campaign}
              options={campaigns}
              none={texts.anyCampaign}
            />
            <Field label={texts.locale} name="locale" value={asked.locale} maxLength={35} />
            <button class={preview ? undefined : 'first'}>{texts.submit}</button>
          </div>
          <details open={asked.json !== undefined}>
            <summary>{texts.entry}</summary>
            <TextArea label={texts.entryAbout} name="json" rows={4} value={asked.json} />
          </details>
        </form>
      )}
      {preview && <Previewed profile={profile} asked={asked} of={preview} />}
      {preview?.mail && <Tests {...view} />}
    </>
  );
}

/** A real mail to whoever looks at it, and what became of the last ones. */
function Tests({ profile, asked, tests, sendTo }: Preview) {
  const visitor = useVisitor();
  const { preview: texts } = visitor.texts;
  const hidden = Object.entries(asked).filter(([, value]) => value !== undefined);
  return (
    <>
      {visitor.may('author') && (
        <form
          class="card"
          method="post"
          action={profileHref(profile.id, 'preview/test')}
          aria-labelledby="test"
        >
          <h2 id="test">{texts.test}</h2>
          <p class="soft">{texts.testAbout}</p>
          <Csrf />
          {hidden.map(([name, value]) => (
            <input key={name} type="hidden" name={name} value={value} />
          ))}
          <div class="inline">
            <Field
              label={texts.testTo}
              name="to"
              type="email"
              value={sendTo ?? undefined}
              required
              maxLength={320}
            />
            <button>{texts.testSubmit}</button>
          </div>
        </form>
      )}
      {tests.length > 0 && (
        <div id="tests" data-live>
          <Copies of={tests} title={texts.tests} />
        </div>
      )}
    </>
  );
}

function Previewed({
  profile,
  asked,
  of,
}: {
  profile: StoredProfile;
  asked: Asked;
  of: PreviewedMail;
}) {
  const { preview: texts, message, messages, common } = useVisitor().texts;
  const { mail, problem, campaign, step, purpose, topic } = of;
  return (
    <>
      <div class="columns">
        <section class="card" aria-labelledby="mail">
          <h2 id="mail">{texts.mail}</h2>
          {problem && (
            <p class="problem" role="alert">
              {problem.message} ({problem.where})
            </p>
          )}
          <Facts
            of={[
              ...(mail
                ? [
                    [messages.subject, mail.subject] as const,
                    [texts.preheader, mail.preheader ?? common.none] as const,
                    [message.locale, mail.locale] as const,
                  ]
                : []),
              [
                texts.campaign,
                campaign === null ? (
                  <span class="soft">{texts.noCampaign}</span>
                ) : (
                  <>
                    <a href={campaignHref(campaign)}>{campaign}</a>
                    {step !== null && `, ${step}`}
                  </>
                ),
              ],
              [messages.purpose, [purpose, topic].filter(Boolean).join(', ')],
              [texts.wouldBeSent, <Verdict of={of} />],
            ]}
          />
        </section>
        <Variables of={of} />
      </div>
      {mail && <Frame profile={profile} asked={asked} />}
      {mail && (
        <details class="card">
          <summary>{texts.text}</summary>
          <pre tabIndex={0}>{mail.text}</pre>
        </details>
      )}
    </>
  );
}

function Verdict({ of: { decision, mail } }: { of: PreviewedMail }) {
  const { preview: texts } = useVisitor().texts;
  if ('skipped' in decision) return <State of="skipped" reason={reasonOf(decision)} />;
  return mail ? (
    <State of="sent" shown={texts.yes} />
  ) : (
    <State of="failed" shown={texts.doesNotRender} />
  );
}

function reasonOf({
  skipped,
  detail,
}: Extract<PreviewedMail['decision'], { skipped: string }>): string {
  const because = detail['because'] ?? detail['email'];
  return because ? `${skipped}: ${because}` : skipped;
}

function Variables({ of: { mail, missing } }: { of: PreviewedMail }) {
  const { preview: texts } = useVisitor().texts;
  const read = Object.entries(mail?.variables ?? {});
  const lacks = Object.entries(missing);
  return (
    <section class="card" aria-labelledby="variables">
      <h2 id="variables">{texts.variables}</h2>
      {read.length + lacks.length === 0 ? (
        <p class="soft">{texts.readsNothing}</p>
      ) : (
        <Table label={texts.variables} head={[texts.variable, texts.value]}>
          {lacks.map(([name, fallback]) => (
            <tr key={name}>
              <td>{name}</td>
              <td>
                <State of="skipped" shown={texts.missing} />{' '}
                {fallback !== null && (
                  <>
                    {texts.inItsPlace} <Value of={fallback} />
                  </>
                )}
              </td>
            </tr>
          ))}
          {read.map(([name, value]) => (
            <tr key={name}>
              <td>{name}</td>
              <td>
                <Value of={value} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}

function Frame({ profile, asked }: { profile: StoredProfile; asked: Asked }) {
  const href = (below: string, change: Partial<Asked>): string => {
    const set = Object.entries({ ...asked, ...change }).filter(([, value]) => value !== undefined);
    return `${profileHref(profile.id, below)}?${new URLSearchParams(set)}`;
  };
  return (
    <MailFrame
      view={asked}
      page={({ width, pictures }) => href('preview', { width, pictures })}
      html={href('preview/html', {})}
    />
  );
}
