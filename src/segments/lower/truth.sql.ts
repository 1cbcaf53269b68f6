/**
 * Truth in SQL: `holds` (true, false or null = undecided) and `changes`, the earliest instant at which
 * it may change if nothing more arrives. Combining keeps the promise of design.md 3: never later than
 * the true instant. SQL's own AND and OR are Kleene's.
 */
import { isColumn, name, NEVER_SQL, type Lowering } from './lowering.js';

export interface Truth {
  /** A boolean expression. */
  holds: string;
  /** A timestamptz expression, never null; null = time alone changes nothing. */
  changes: string | null;
}

/** True when all are. */
export function allOf(children: readonly Truth[], lowering: Lowering, into: string[]): Truth {
  return combine(children, 'and', lowering, into);
}

/** True when any is. */
export function anyOf(children: readonly Truth[], lowering: Lowering, into: string[]): Truth {
  return combine(children, 'or', lowering, into);
}

/** The opposite; undecided stays undecided. */
export function negate(truth: Truth, negated: boolean): Truth {
  return negated ? { holds: `not (${truth.holds})`, changes: truth.changes } : truth;
}

/**
 * A true AND and a false OR last until the first of their children changes, an undecided one likewise.
 * A false AND and a true OR last while a single deciding child does: until the last of those.
 */
function combine(
  children: readonly Truth[],
  word: 'and' | 'or',
  lowering: Lowering,
  into: string[],
): Truth {
  if (children.length === 1) return children[0]!;
  if (children.every((child) => child.changes === null))
    return { holds: join(children, word), changes: null };
  const named = children.map((child) => nameTruth(child, lowering, into));
  const holds = join(named, word);
  const decides = word === 'and' ? 'false' : 'true';
  const deciding = named.map(
    (child) => `case when ${child.holds} is ${decides} then ${child.changes ?? NEVER_SQL} end`,
  );
  const timed = named.flatMap((child) => child.changes ?? []);
  const changes = `case when (${holds}) is ${decides} then greatest(${deciding.join(', ')}) else ${least(timed)} end`;
  return { holds, changes };
}

function join(children: readonly Truth[], word: string): string {
  return children.map((child) => `(${child.holds})`).join(` ${word} `);
}

function least(expressions: string[]): string {
  return expressions.length === 1 ? expressions[0]! : `least(${expressions.join(', ')})`;
}

/** The same truth as columns of a named row. */
export function nameTruth(truth: Truth, lowering: Lowering, into: string[]): Truth {
  const { holds, changes } = truth;
  if (isColumn(holds) && (changes === null || isColumn(changes))) return truth;
  const alias = lowering.alias('t');
  name(into, alias, changes === null ? { holds } : { holds, changes });
  return { holds: `${alias}.holds`, changes: changes === null ? null : `${alias}.changes` };
}
