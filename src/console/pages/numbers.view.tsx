/** The numbers behind a reason: what a cap or a send window saw in the words of the page, everything else as it is stored. */
import { inWords, sayDetail } from '../../delivery/say-stored.js';
import { useVisitor } from '../frame/visitor.js';

/** `detail` of a message, a refusal, an obstacle. */
export function Numbers({ of: detail }: { of: Record<string, unknown> }) {
  const visitor = useVisitor();
  const { explain, message } = visitor.texts;
  const { counted, local, rule, of, opens_at: opens, free_at: free, ...others } = detail;
  const time = (at: unknown): string => visitor.time(Date.parse(String(at)));
  const whose = of === 'campaign' ? of : 'project';
  const saw =
    typeof rule !== 'string'
      ? []
      : typeof local === 'string'
        ? [message.sawWindow(local, rule, whose)]
        : [message.sawCap(visitor.number(Number(counted)), rule, whose)];
  const said = [
    ...saw,
    ...(opens === undefined || opens === null ? [] : [explain.opens(time(opens))]),
    ...(free === undefined || free === null ? [] : [explain.free(time(free))]),
    sayDetail(others, inWords(visitor.zone)).replace(/^: /, ''),
  ].filter((part) => part !== '');
  return said.length === 0 ? null : <div class="soft">{said.join(', ')}</div>;
}
