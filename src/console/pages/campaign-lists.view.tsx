/** Who is in a campaign or was, and who was refused and why. */
import type { StoredEnrolment, StoredRefusal } from '../../campaigns/enrolments.sql.js';
import { REFUSAL_REASONS } from '../../core/reasons.js';
import { useVisitor } from '../frame/visitor.js';
import { Filters, Select } from '../parts/forms.js';
import { Empty, Json, Pager, State, Table, Time, Word } from '../parts/show.js';
import { campaignHref } from './campaign.view.js';

export const ENROLMENT_STATES = ['active', 'ended'] as const;

interface List<T, F> {
  campaign: string;
  rows: T[];
  next: string | null;
  deep: boolean;
  filter: F | undefined;
}

export function EnrolmentsView({
  campaign,
  rows,
  next,
  deep,
  filter,
}: List<StoredEnrolment, (typeof ENROLMENT_STATES)[number]>) {
  const visitor = useVisitor();
  const { campaigns, profiles, common } = visitor.texts;
  const at = `${campaignHref(campaign)}/enrolments`;
  return (
    <>
      <div class="title">
        <h1>{campaigns.endsOf(campaign)}</h1>
        {visitor.may('operator') && rows.length > 0 && (
          <a class="button" href={`${campaignHref(campaign)}/enrolments.csv`} download>
            {common.exportCsv}
          </a>
        )}
      </div>
      <Back to={campaign} />
      <Filters action={at}>
        <Select
          label={campaigns.state}
          name="state"
          value={filter}
          options={ENROLMENT_STATES}
          words
          none={common.any}
        />
      </Filters>
      {rows.length === 0 ? (
        <Empty title={campaigns.noEnrolments} />
      ) : (
        <Table
          label={campaigns.ends}
          head={[
            profiles.profileOne,
            profiles.state,
            profiles.entered,
            profiles.at,
            profiles.until,
            profiles.ended,
            campaigns.version,
          ]}
        >
          {rows.map((one) => (
            <tr key={one.id}>
              <td>
                <Who {...one} />
              </td>
              <td>
                <State of={one.endReason ?? one.state} reason={one.endBecause} />
              </td>
              <td>
                <Time at={one.enteredAt} />
              </td>
              <td>{one.step}</td>
              <td>{one.state === 'active' && <Time at={one.dueAt} />}</td>
              <td>{one.endedAt !== null && <Time at={one.endedAt} />}</td>
              <td>{one.version}</td>
            </tr>
          ))}
        </Table>
      )}
      <Pager next={next} base={filter ? `${at}?state=${filter}` : at} deep={deep} />
    </>
  );
}

export function RefusalsView({
  campaign,
  rows,
  next,
  deep,
  filter,
}: List<StoredRefusal, (typeof REFUSAL_REASONS)[number]>) {
  const { campaigns, profiles, common } = useVisitor().texts;
  const at = `${campaignHref(campaign)}/refusals`;
  return (
    <>
      <h1>{campaigns.refusedOf(campaign)}</h1>
      <Back to={campaign} />
      <Filters action={at}>
        <Select
          label={campaigns.reason}
          name="reason"
          value={filter}
          options={REFUSAL_REASONS}
          words
          none={common.any}
        />
      </Filters>
      {rows.length === 0 ? (
        <Empty title={campaigns.noRefusals} />
      ) : (
        <Table
          label={campaigns.refused}
          head={[
            profiles.profileOne,
            campaigns.at,
            campaigns.reason,
            campaigns.numbers,
            campaigns.trigger,
            campaigns.version,
          ]}
        >
          {rows.map((one) => (
            <tr key={one.id}>
              <td>
                <Who {...one} />
              </td>
              <td>
                <Time at={one.at} />
              </td>
              <td>
                <State of="refused" shown={<Word of={one.reason} />} />
              </td>
              <td>{Object.keys(one.detail).length > 0 && <Json value={one.detail} />}</td>
              <td>{one.trigger}</td>
              <td>{one.version}</td>
            </tr>
          ))}
        </Table>
      )}
      <Pager next={next} base={filter ? `${at}?reason=${filter}` : at} deep={deep} />
    </>
  );
}

function Back({ to }: { to: string }) {
  return (
    <p class="lead">
      <a href={campaignHref(to)}>{to}</a>
    </p>
  );
}

function Who({ profileId, userId }: { profileId: number; userId: string | null }) {
  return <a href={`/console/profiles/${profileId}`}>{userId ?? profileId}</a>;
}
