/** Campaigns: the list, and the questions before one is drained, stopped or opened. */
import type { StoredCampaign } from '../../delivery/campaigns.sql.js';
import { useVisitor } from '../frame/visitor.js';
import { Confirm, Field } from '../parts/forms.js';
import { Empty, Pager, State, Table, Time } from '../parts/show.js';
import type { Texts } from '../texts/texts.js';
import { campaignHref } from './campaign.view.js';

const AT = '/console/campaigns';

interface List {
  campaigns: StoredCampaign[];
  next: string | null;
  deep: boolean;
}

export function CampaignsView({ campaigns, next, deep }: List) {
  const visitor = useVisitor();
  const { texts } = visitor;
  return (
    <>
      <div class="title">
        <h1>{texts.campaigns.title}</h1>
        {visitor.may('author') && (
          <a class="button" href="/console/definitions/new">
            {texts.campaigns.create}
          </a>
        )}
      </div>
      {campaigns.length === 0 ? (
        <Empty title={texts.campaigns.emptyTitle}>
          <p>
            {texts.campaigns.empty} <code>rekindle apply</code>
          </p>
        </Empty>
      ) : (
        <Table
          label={texts.campaigns.title}
          head={[
            texts.campaigns.campaign,
            texts.campaigns.state,
            texts.campaigns.purpose,
            texts.campaigns.active,
            texts.campaigns.version,
          ]}
        >
          {campaigns.map((one) => (
            <tr key={one.id}>
              <td>
                <a href={campaignHref(one.id)}>{one.id}</a>
                {one.definition.description && <div class="soft">{one.definition.description}</div>}
              </td>
              <td>
                <State of={one.state} reason={one.cause?.why ?? null} />
              </td>
              <td>{one.definition.purpose}</td>
              <td>{visitor.number(one.active)}</td>
              <td>
                {one.version} · <Time at={one.appliedAt} />
              </td>
            </tr>
          ))}
        </Table>
      )}
      <Pager next={next} base={AT} deep={deep} ascending />
    </>
  );
}

interface Change {
  change: keyof Texts['campaigns']['changes'];
  campaign: StoredCampaign;
  /** Entries that are held back. */
  held: number;
}

/** The question, with how many enrolments it is about. */
export function ChangeView({ change, campaign: { id, active }, held }: Change) {
  const { system, campaigns } = useVisitor().texts;
  const words = campaigns.changes[change];
  return (
    <Confirm
      title={words.title(id)}
      action={`${campaignHref(id)}/${change}`}
      fields={{}}
      submit={words.submit}
      back={campaignHref(id)}
      danger={change !== 'open'}
    >
      <p>{words.about(change === 'admit' || change === 'dismiss' ? held : active)}</p>
      {change !== 'open' && <Field label={system.why} name="why" required maxLength={300} />}
    </Confirm>
  );
}
