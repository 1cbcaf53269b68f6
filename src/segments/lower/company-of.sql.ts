/** The company of a profile at the subject's instant, in SQL. */
import type { Lowering } from './lowering.js';

/** What the earliest later move left, else the present one; asks the subjects for that. */
export function companyOf({ columns }: Lowering): string {
  columns.account = true;
  return `(select x.id from (
      (select 0 as place, m.before as id from account_moves m
       where m.profile_id = s.profile_id and m.changed_at > s.at order by m.changed_at, m.id limit 1)
      union all select 1, s.account_id) x order by x.place limit 1)`;
}
