/** Of one message: what its gates saw, the attempts to hand it over, the copies that people asked for. */
import { saidIn } from '../../delivery/explain-message.js';
import type { MessageCopy } from '../../delivery/message-copies.sql.js';
import type { Attempt } from '../../delivery/message-detail.sql.js';
import type { SendLogRow } from '../../delivery/send-log.sql.js';
import {
  GATES,
  listGates,
  type Gate,
  type GateLook,
  type StoredGates,
} from '../../messages/gates.js';
import { useVisitor } from '../frame/visitor.js';
import type { Texts } from '../texts/texts.js';
import { State, Table, Time } from '../parts/show.js';

export function Gates({ row, gates }: { row: SendLogRow; gates: StoredGates | null }) {
  const { message } = useVisitor().texts;
  const decision = listGates(gates?.decision ?? {});
  const handover = listGates(gates?.handover ?? {});
  const asked = GATES.filter((gate) =>
    [...decision, ...handover].some((look) => look.gate === gate),
  );
  return (
    <section class="card" aria-labelledby="gates">
      <h2 id="gates">{message.gates}</h2>
      {asked.length === 0 ? (
        <p class="soft">{message.noGates}</p>
      ) : (
        <>
          <p class="soft">{message.gatesAbout}</p>
          <Table
            label={message.gates}
            head={[message.gate, message.rule, message.atDecision, message.atHandover]}
            cards
          >
            {asked.map((gate) => (
              <tr key={gate}>
                <td data-label={message.gate}>{message.gateNames[gate]}</td>
                <td data-label={message.rule}>{ruleOf(message, gate, row)}</td>
                <td data-label={message.atDecision}>
                  <Saw look={decision.find((look) => look.gate === gate)} />
                </td>
                <td data-label={message.atHandover}>
                  <Saw look={handover.find((look) => look.gate === gate)} />
                </td>
              </tr>
            ))}
          </Table>
        </>
      )}
    </section>
  );
}

function ruleOf({ rules }: Texts['message'], gate: Gate, { purpose, topic }: SendLogRow): string {
  if (gate === 'address' && purpose === 'notice') return rules.noticeAddress;
  if (gate !== 'topic') return rules[gate];
  return purpose === 'transactional' ? rules.transactional : rules.topic(topic ?? '–');
}

function Saw({ look }: { look: GateLook | undefined }) {
  const visitor = useVisitor();
  const { message } = visitor.texts;
  if (!look) return <span class="soft">{message.notAsked}</span>;
  const { saw, cap, window } = look;
  const word = Object.hasOwn(message.saw, saw) ? message.saw[saw] : saw;
  const shown = cap
    ? message.sawCap(visitor.number(cap.counted), cap.rule, cap.of)
    : window
      ? message.sawWindow(window.local, window.rule, window.of)
      : word;
  return (
    <span class={look.passed ? 'passed' : 'refused'}>
      <span aria-hidden="true">{look.passed ? '✓' : '✗'}</span> {shown}
    </span>
  );
}

export function Attempts({ of }: { of: Attempt[] }) {
  const { message } = useVisitor().texts;
  return (
    <section class="card" aria-labelledby="attempts">
      <h2 id="attempts">{message.attempts}</h2>
      {of.length === 0 ? (
        <p class="soft">{message.noAttempts}</p>
      ) : (
        <Table
          label={message.attempts}
          head={[
            message.started,
            message.took,
            message.outcome,
            message.server,
            message.phase,
            message.reply,
            message.worker,
          ]}
          cards
        >
          {of.map((attempt) => (
            <tr key={attempt.epoch}>
              <td data-label={message.started}>
                <Time at={attempt.startedAt} />
              </td>
              <td class="number" data-label={message.took}>
                {attempt.recovered ? (
                  <>
                    {message.tookUnknown}
                    <div class="soft">
                      {message.recovered} <Time at={attempt.finishedAt} />
                    </div>
                  </>
                ) : (
                  `${attempt.finishedAt - attempt.startedAt} ms`
                )}
              </td>
              <td data-label={message.outcome}>
                <State of={attempt.outcome} />
              </td>
              <td data-label={message.server}>
                {attempt.provider}
                {attempt.host && <div class="soft">{attempt.host}</div>}
              </td>
              <td data-label={message.phase}>{attempt.phase}</td>
              <td data-label={message.reply}>{saidIn(attempt)}</td>
              <td class="soft" data-label={message.worker} title={attempt.worker}>
                {attempt.worker.slice(0, 8)} #{attempt.epoch}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}

export function Copies({ of, title }: { of: MessageCopy[]; title?: string }) {
  const { message } = useVisitor().texts;
  const heading = title ?? message.copies;
  return (
    <section class="card" aria-labelledby="copies">
      <h2 id="copies">{heading}</h2>
      <Table
        label={heading}
        head={[message.at, message.state, message.address, message.askedBy, message.reply]}
        cards
      >
        {of.map(({ id, address, askedBy, askedAt, state, reply }) => (
          <tr key={id}>
            <td data-label={message.at}>
              <Time at={askedAt} />
            </td>
            <td data-label={message.state}>
              <State of={state} />
            </td>
            <td data-label={message.address}>{address}</td>
            <td data-label={message.askedBy}>{askedBy}</td>
            <td data-label={message.reply}>{reply}</td>
          </tr>
        ))}
      </Table>
    </section>
  );
}
