/** Small parts that every page shows alike: instants, states, nothing, JSON, lists with pages. */
import type { ComponentChildren } from 'preact';
import { NEVER, type Instant } from '../../core/instant.js';
import { useVisitor } from '../frame/visitor.js';

/** An instant in the project's zone; UTC in the tooltip. `short`: without its day, which stands elsewhere. */
export function Time({ at, short = false }: { at: Instant | null; short?: boolean }) {
  const visitor = useVisitor();
  if (at === null) return <span class="soft">–</span>;
  if (at === NEVER) return <span class="soft">{visitor.texts.time.never}</span>;
  const utc = new Date(at).toISOString();
  return (
    <time dateTime={utc} title={utc}>
      {short ? visitor.time(at).slice(11) : visitor.time(at)}
    </time>
  );
}

/** How long ago or ahead; the instant itself in the tooltip. */
export function Distance({ at }: { at: Instant }) {
  const visitor = useVisitor();
  if (at === NEVER) return <Time at={at} />;
  const { time } = visitor.texts;
  const distance = visitor.distance(at);
  return (
    <time dateTime={new Date(at).toISOString()} title={visitor.time(at)}>
      {at <= visitor.now ? time.ago(distance) : time.ahead(distance)}
    </time>
  );
}

const TONES: Readonly<Record<string, string>> = {
  sent: 'good',
  delivered: 'good',
  enabled: 'good',
  failing: 'warn',
  disabled: 'bad',
  live: 'good',
  active: 'good',
  converted: 'good',
  done: 'good',
  finished: 'good',
  failed: 'bad',
  ambiguous: 'bad',
  gone: 'bad',
  paused: 'warn',
  skipped: 'warn',
  cancelled: 'warn',
  pending: 'busy',
  queued: 'busy',
  running: 'busy',
  claimed: 'busy',
  transmitting: 'busy',
};

/** A state with its reason; `shown` where people read another word than the stored one. */
export function State({
  of,
  reason,
  shown,
}: {
  of: string;
  reason?: string | null;
  shown?: ComponentChildren;
}) {
  return (
    <span class="state">
      <span class={`badge ${TONES[of] ?? 'plain'}`}>{shown ?? <Word of={of} />}</span>
      {reason && (
        <span class="reason">
          <Word of={reason} />
        </span>
      )}
    </span>
  );
}

/** A stored word; where this language has another one for it, it stands in the tooltip as it is stored. */
export function Word({ of }: { of: string }) {
  const said = useVisitor().word(of);
  return said === of ? <>{of}</> : <span title={of}>{said}</span>;
}

/** What stands where there is nothing: why, and what to do next. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="headline">{title}</p>
      {children}
    </div>
  );
}

/** A value of the application's as JSON: a text node, whatever it holds. */
export function Json({ value }: { value: unknown }) {
  return <pre class="json">{JSON.stringify(value, null, 2)}</pre>;
}

/** A trait or property in one cell. */
export function Value({ of }: { of: unknown }) {
  if (typeof of === 'string') return <span>{of}</span>;
  return <code>{JSON.stringify(of)}</code>;
}

interface Pages {
  /** Cursor of the next page, null at the end. */
  next: string | null;
  /** The address of this list with its filters, without a cursor. */
  base: string;
  /** Whether this is not the first page. */
  deep: boolean;
  /** The query's name for the cursor, where a page holds several lists. */
  name?: string;
  /** In the order of names or numbers; without it the latest come first. */
  ascending?: boolean;
}

export function Pager({ next, base, deep, name = 'cursor', ascending = false }: Pages) {
  const { texts } = useVisitor();
  const join = base.includes('?') ? '&' : '?';
  if (next === null && !deep) return null;
  return (
    <p class="pager">
      {deep && (
        <a class="button quiet" href={base}>
          {texts.common.first}
        </a>
      )}
      {next !== null && (
        <a class="button" href={`${base}${join}${name}=${encodeURIComponent(next)}`}>
          {ascending ? texts.common.next : texts.common.more}
        </a>
      )}
    </p>
  );
}

/** Views of one thing, as links; the present one is marked. */
export function Tabs({
  label,
  tabs,
}: {
  label: string;
  tabs: readonly { href: string; text: ComponentChildren; current: boolean }[];
}) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map(({ href, text, current }) => (
        <a key={href} href={href} aria-current={current ? 'page' : undefined}>
          {text}
        </a>
      ))}
    </nav>
  );
}

/**
 * Rows under their headings; scrolls sideways by itself on narrow screens, reachable by keyboard. `cards`: there each row
 * is a card of its own instead, whose cells are called by their `data-label`.
 */
export function Table({
  label,
  head,
  cards = false,
  children,
}: {
  label: string;
  head: string[];
  cards?: boolean;
  children: ComponentChildren;
}) {
  return (
    <div class={cards ? 'scroll cards' : 'scroll'} role="group" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {head.map((cell) => (
              <th key={cell} scope="col">
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

/** Names and what they hold. */
export function Facts({
  of,
}: {
  of: readonly (readonly [ComponentChildren, ComponentChildren])[];
}) {
  return (
    <dl class="facts">
      {of.map(([name, value], index) => (
        <div key={index}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
