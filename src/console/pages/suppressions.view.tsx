/** Suppressed addresses: the list, the form to add one, the question before one is lifted. */
import { SUPPRESSION_REASONS, type Suppression } from '../../messages/suppressions.sql.js';
import { useVisitor } from '../frame/visitor.js';
import { Confirm, Csrf, Field, Filters, Select } from '../parts/forms.js';
import { Empty, Pager, State, Table, Time } from '../parts/show.js';

const AT = '/console/suppressions';

interface List {
  rows: Suppression[];
  next: string | null;
  deep: boolean;
  reason: string | undefined;
  prefix: string | undefined;
}

export function SuppressionsView({ rows, next, deep, reason, prefix }: List) {
  const visitor = useVisitor();
  const { suppressions, common } = visitor.texts;
  const filtered = reason !== undefined || prefix !== undefined;
  const query = new URLSearchParams({
    ...(reason ? { reason } : {}),
    ...(prefix ? { prefix } : {}),
  });
  return (
    <>
      <h1>{suppressions.title}</h1>
      <p class="lead">{suppressions.about}</p>
      {visitor.may('operator') && <Add />}
      <Filters action={AT}>
        <Field label={suppressions.find} name="prefix" value={prefix} type="search" />
        <Select
          label={suppressions.reason}
          name="reason"
          value={reason}
          options={SUPPRESSION_REASONS}
          words
          none={common.any}
        />
      </Filters>
      {rows.length === 0 ? (
        <Empty title={filtered ? suppressions.noMatch : suppressions.emptyTitle}>
          {!filtered && <p>{suppressions.empty}</p>}
        </Empty>
      ) : (
        <Rows rows={rows} />
      )}
      <Pager next={next} base={filtered ? `${AT}?${query}` : AT} deep={deep} ascending />
    </>
  );
}

function Add() {
  const { suppressions } = useVisitor().texts;
  return (
    <form class="card inline" method="post" action={AT}>
      <Csrf />
      <Field label={suppressions.address} name="address" type="text" required />
      <div class="wide">
        <Field label={suppressions.detail} name="detail" maxLength={500} />
      </div>
      <button>{suppressions.addSubmit}</button>
    </form>
  );
}

function Rows({ rows }: { rows: Suppression[] }) {
  const visitor = useVisitor();
  const { suppressions } = visitor.texts;
  const operates = visitor.may('operator');
  const head = [
    suppressions.address,
    suppressions.reason,
    suppressions.detail,
    suppressions.source,
    suppressions.since,
  ];
  return (
    <Table label={suppressions.title} head={operates ? [...head, suppressions.lift] : head}>
      {rows.map(({ address, reason, detail, source, since }) => (
        <tr key={address}>
          <td>{address}</td>
          <td>
            <State of={reason} />
          </td>
          <td>{detail}</td>
          <td>{source}</td>
          <td>
            <Time at={since} />
          </td>
          {operates && (
            <td>
              <a
                data-ask
                href={`${AT}/lift?address=${encodeURIComponent(address)}`}
                aria-label={`${suppressions.lift} ${address}`}
              >
                {suppressions.lift}
              </a>
            </td>
          )}
        </tr>
      ))}
    </Table>
  );
}

interface Asked {
  /** Pending mail to the address. */
  waiting: number;
  /** From whose page it was asked. */
  profile: number | undefined;
  back: string;
}

const fromProfile = (profile: number | undefined): Record<string, string> =>
  profile === undefined ? {} : { profile: String(profile) };

interface Add extends Asked {
  address: string;
  detail: string;
}

export function AddView({ address, detail, waiting, profile, back }: Add) {
  const { suppressions } = useVisitor().texts;
  return (
    <Confirm
      title={suppressions.addTitle(address)}
      action={AT}
      fields={{ address, ...fromProfile(profile) }}
      submit={suppressions.addSubmit}
      back={back}
      danger
    >
      <p>{suppressions.addAbout}</p>
      <p>{suppressions.liftWaiting(waiting)}</p>
      <Field label={suppressions.detail} name="detail" maxLength={500} value={detail} />
    </Confirm>
  );
}

interface Lift extends Asked {
  standing: Suppression;
}

export function LiftView({ standing, waiting, profile, back }: Lift) {
  const { suppressions } = useVisitor().texts;
  const { address, reason, detail } = standing;
  return (
    <Confirm
      title={suppressions.liftTitle(address)}
      action={`${AT}/lift`}
      fields={{ address, ...fromProfile(profile) }}
      submit={suppressions.lift}
      back={back}
      danger
    >
      <p>{suppressions.liftAbout(reason)}</p>
      {detail && <p class="soft">{detail}</p>}
      <p>{suppressions.liftWaiting(waiting)}</p>
    </Confirm>
  );
}
