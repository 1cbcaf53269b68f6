/** What keeps the next mail back now, on the page of an explanation: each reason with what it rests on, pauses with who set them. */
import { detailOf, pausesBehind } from '../../delivery/describe-explanation.js';
import type { NextMail } from '../../delivery/explain-next-mail.js';
import type { WaitingPause } from '../../delivery/next-change.js';
import { NEVER } from '../../core/instant.js';
import { useVisitor } from '../frame/visitor.js';
import { State, Time, Word } from '../parts/show.js';
import { Numbers } from './numbers.view.js';
import { pausedName } from './pauses.view.js';

/** What would keep the next mail back now, with what it rests on. */
export function Obstacles({ of: { next, obstacles, decision, pauses, outage } }: { of: NextMail }) {
  const { explain } = useVisitor().texts;
  if (next === 'none') return <State of="ended" shown={explain.noMore} />;
  if (obstacles.length === 0) return <State of="active" shown={explain.nothingInTheWay} />;
  return (
    <ul class="plain tight">
      {obstacles.map((obstacle) => (
        <li key={obstacle}>
          <State of="paused" shown={<Word of={obstacle} />} />
          <Numbers of={detailOf(decision, obstacle)} />
          {outage && obstacle === 'mail_outage' && (
            <div class="soft">
              {explain.since} <Time at={outage.since} />: {outage.trouble}
            </div>
          )}
          {pausesBehind(pauses, obstacle).map((pause) => (
            <PauseLine key={`${pause.scope} ${pause.name}`} of={pause} />
          ))}
        </li>
      ))}
    </ul>
  );
}

/** Of what, who set it and why, as the page of a message says it. */
function PauseLine({ of: { scope, name, setBy, why, until } }: { of: WaitingPause }) {
  const visitor = useVisitor();
  const { explain, message } = visitor.texts;
  return (
    <div class="soft">
      {message.next.heldBy(pausedName(visitor, scope, name), setBy, why)}
      {until !== NEVER && (
        <>
          {' '}
          ({explain.until} <Time at={until} />)
        </>
      )}
    </div>
  );
}
