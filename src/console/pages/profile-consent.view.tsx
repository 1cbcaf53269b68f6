/** What a profile says about topics, what holds where it said nothing, and whether it is left alone for a while. */
import type { StoredProfile } from '../../ingest/profiles.sql.js';
import type { Topic } from '../../language/project/project-shapes.js';
import { useVisitor } from '../frame/visitor.js';
import { State, Table, Time } from '../parts/show.js';
import { profileHref } from './profile-parts.view.js';
import type { ProfileFacts } from './profile-facts.js';

export const EVERY_TOPIC = '*';

export interface TopicStanding {
  topic: string;
  /** As the project calls it; null: the project has no such topic any more. */
  name: string | null;
  /** What counts for its mails. */
  subscribed: boolean;
  /** It would be subscribed but for the no to every topic. */
  outweighed: boolean;
  /** What the profile said; null: nothing, the topic's default holds. */
  said: StoredProfile['topics'][number] | null;
}

/** Every topic of the project and every other that the profile said something about; a no to all stands first. */
export function standings(
  said: StoredProfile['topics'],
  topics: Record<string, Topic>,
): TopicStanding[] {
  const isRefused = said.some(({ topic, subscribed }) => topic === EVERY_TOPIC && !subscribed);
  const names = [...new Set([...Object.keys(topics), ...said.map(({ topic }) => topic)])];
  return names
    .toSorted((a, b) => Number(b === EVERY_TOPIC) - Number(a === EVERY_TOPIC))
    .map((topic) => {
      const known = Object.hasOwn(topics, topic) ? topics[topic]! : null;
      const own = said.find((one) => one.topic === topic) ?? null;
      const alone = own?.subscribed ?? known?.default === 'subscribed';
      const outweighed = alone && isRefused && topic !== EVERY_TOPIC;
      const subscribed = alone && !outweighed;
      return { topic, name: known?.name ?? null, subscribed, outweighed, said: own };
    });
}

export function Consent({ profile: { id, topics: said }, topics, pause }: ProfileFacts) {
  const visitor = useVisitor();
  const { profiles } = visitor.texts;
  const all = standings(said, topics);
  const operates = visitor.may('operator');
  return (
    <section class="card" aria-labelledby="topics">
      <div class="title">
        <h2 id="topics">{profiles.topics}</h2>
        {operates && <a href={profileHref(id, 'topics')}>{profiles.changeTopics}</a>}
      </div>
      {pause && (
        <p class="paused">
          <State of="paused" shown={profiles.leftAlone} /> {profiles.until.toLowerCase()}{' '}
          <Time at={pause.until} />{' '}
          <span class="soft">
            {pause.setBy}: {pause.why}
          </span>
        </p>
      )}
      {all.length === 0 ? (
        <p class="soft">{profiles.noTopics}</p>
      ) : (
        <Table label={profiles.topics} head={[profiles.topic, profiles.state, profiles.said]}>
          {all.map((one) => (
            <tr key={one.topic}>
              <td>{one.topic === EVERY_TOPIC ? profiles.everyTopic : one.topic}</td>
              <td>
                <Standing {...one} />
              </td>
              <td>
                {one.said ? (
                  <>
                    {one.outweighed && `${profiles.subscribed}, `}
                    <Time at={one.said.changedAt} /> <span class="soft">{one.said.source}</span>
                  </>
                ) : (
                  <span class="soft">{profiles.byDefault}</span>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {operates && (
        <p class="actions">
          <a class="button" data-ask href={profileHref(id, pause ? 'pause/lift' : 'pause')}>
            {pause ? profiles.liftPause : profiles.leaveAlone}
          </a>
        </p>
      )}
    </section>
  );
}

export function Standing({
  subscribed,
  outweighed,
}: Pick<TopicStanding, 'subscribed' | 'outweighed'>) {
  const { profiles } = useVisitor().texts;
  if (outweighed)
    return (
      <>
        <State of="skipped" shown={profiles.unsubscribed} />{' '}
        <span class="soft">{profiles.outweighed}</span>
      </>
    );
  return subscribed ? (
    <State of="active" shown={profiles.subscribed} />
  ) : (
    <State of="skipped" shown={profiles.unsubscribed} />
  );
}
