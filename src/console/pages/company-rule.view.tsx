/** `one_per_account` in an explanation. */
import type { Colleague, CompanyRule } from '../../delivery/explain-company.js';
import { useVisitor } from '../frame/visitor.js';
import { Truth } from './truth.view.js';

/** Who of its company is in it, or goes first. */
export function Company({ of: { says, members, inIt, first } }: { of: CompanyRule }) {
  const { explain } = useVisitor().texts;
  const named = ({ userId, profileId }: Colleague): string => userId ?? String(profileId);
  const told = inIt
    ? explain.colleagueIn(named(inIt))
    : first
      ? explain.goesFirst(first.isAsked ? explain.thisOne : named(first))
      : explain.noColleague;
  return (
    <ul class="clauses">
      <li>
        <Truth of={inIt === null && first !== null && first.isAsked} />
        <span>
          <code>{says}</code>{' '}
          <span class="soft">
            {explain.colleagues(members)}: {told}.
          </span>
        </span>
      </li>
    </ul>
  );
}
