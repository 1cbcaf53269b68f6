/**
 * One condition tree in SQL: dispatches on the kind. In: the tree with its segments; out: the truth of
 * its root, everything it needs requested from the `Lowering`. Equal parts are lowered once.
 */
import type { Condition, SegmentDefinition } from '../../language/definitions.js';
import { lowerAccount, lowerMembers, type Inner } from './lower-account.sql.js';
import { lowerActive } from './lower-active.sql.js';
import { lowerAll, lowerAny } from './lower-all-any.sql.js';
import { lowerChanged } from './lower-changed.sql.js';
import { lowerEntry } from './lower-entry.sql.js';
import { lowerEvent } from './lower-event.sql.js';
import { lowerMembersRank, lowerScoreRank, lowerTraitRank } from './lower-percentile.sql.js';
import { lowerSample } from './lower-sample.sql.js';
import { lowerScore } from './lower-score.sql.js';
import { lowerSegment } from './lower-segment.sql.js';
import { lowerStay } from './lower-stay.sql.js';
import { lowerTopic } from './lower-topic.sql.js';
import { lowerTrait } from './lower-trait.sql.js';
import type { Lowering } from './lowering.js';
import { nameTruth, type Truth } from './truth.sql.js';

export class ConditionLowering {
  private readonly known = new Map<string, Truth>();

  constructor(
    readonly lowering: Lowering,
    private readonly segments: ReadonlyMap<string, SegmentDefinition>,
  ) {}

  /** The truth of a condition; throws for a segment that does not exist (the checker has refused it). */
  lower(condition: Condition): Truth {
    const key = JSON.stringify(condition);
    let truth = this.known.get(key);
    if (!truth) {
      truth = nameTruth(this.dispatch(condition), this.lowering, this.lowering.joins);
      this.known.set(key, truth);
    }
    return truth;
  }

  private dispatch(condition: Condition): Truth {
    switch (condition.kind) {
      case 'all':
        return lowerAll(
          condition.of.map((child) => this.lower(child)),
          this.lowering,
        );
      case 'any':
        return lowerAny(
          condition.of.map((child) => this.lower(child)),
          this.lowering,
        );
      case 'segment':
        if (condition.forAtLeastMs !== undefined) return lowerStay(condition, this.lowering);
        return lowerSegment(this.lower(this.definition(condition.segment)), condition.negated);
      case 'score':
        return 'rank' in condition
          ? lowerScoreRank(condition, this.lowering, (child) => this.lower(child))
          : lowerScore(condition, this.lowering, (child) => this.lower(child));
      case 'trait':
        return lowerTrait(condition.path, condition.tests, this.lowering);
      case 'entry':
        return lowerEntry(condition.path, condition.tests, this.lowering);
      case 'event':
        return lowerEvent(condition, this.lowering);
      case 'trait_changed':
        return lowerChanged(condition, this.lowering);
      case 'trait_rank':
        return lowerTraitRank(condition, this.lowering);
      case 'topic':
        return lowerTopic(condition, this.lowering);
      case 'sample':
        return lowerSample(condition, this.lowering);
      case 'campaign_active':
        return lowerActive(condition, this.lowering);
      case 'account':
        return lowerAccount(this.lowering, this.inner(condition.of));
      case 'members':
        return 'rank' in condition
          ? lowerMembersRank(condition, this.lowering, this.innerOf(condition.who))
          : lowerMembers(condition.tests, this.lowering, this.innerOf(condition.who));
    }
  }

  /** A condition on other subjects than these. */
  innerOf(condition: Condition | null): Inner | null {
    return condition && this.inner(condition);
  }

  private inner(condition: Condition): Inner {
    return (lowering) => new ConditionLowering(lowering, this.segments).lower(condition);
  }

  private definition(id: string): Condition {
    const segment = this.segments.get(id);
    if (!segment) throw new Error(`segment ${id} does not exist`);
    return segment.who;
  }
}
