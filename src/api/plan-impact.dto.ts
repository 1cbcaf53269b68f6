/** Shapes of whom a plan touches, as the API says it. */
import { ApiProperty } from '@nestjs/swagger';
import type { PlanImpact } from '../campaigns/plan-impact.sql.js';
import { showInstant, type Shown } from './show.js';

class EndingView {
  @ApiProperty()
  campaign: string;

  @ApiProperty({ description: 'enrolments that end because they leave the segment' })
  n: number;
}

class YoungView {
  @ApiProperty({
    description: 'profiles younger than the window: true of them because they are young',
  })
  young: number;

  @ApiProperty({ description: 'all profiles' })
  all: number;
}

class SlowPaceView {
  @ApiProperty({ description: 'whom it takes in at once' })
  members: number;

  @ApiProperty({ example: '5000 per hour' })
  pace: string;

  @ApiProperty({ description: 'that mail may go out within the send window' })
  hoursADay: number;

  @ApiProperty({ description: 'such days that a mail to each takes; more than one' })
  days: number;
}

class SegmentImpactView {
  @ApiProperty({ description: 'one that changes, or that names one that does' })
  segment: string;

  @ApiProperty({ description: 'profiles that it would hold' })
  members: number;

  @ApiProperty()
  joins: number;

  @ApiProperty()
  leaves: number;

  @ApiProperty({ type: [EndingView] })
  ends: EndingView[];

  @ApiProperty({
    type: YoungView,
    nullable: true,
    description: 'behind the warning RK308; null: it has no negative window',
  })
  young: YoungView | null;
}

class StepInFlightView {
  @ApiProperty()
  version: number;

  @ApiProperty({ type: String, nullable: true, description: 'null: before the first one' })
  step: string | null;

  @ApiProperty()
  active: number;

  @ApiProperty({ description: 'the version to come has this step too' })
  kept: boolean;
}

class ExpectedView {
  @ApiProperty({
    enum: ['strike', 'asked', 'dates', 'changes'],
    description:
      'strike: profiles that match then; asked: profiles that match now, were the broadcast asked for; dates: profiles whose date comes within the week; changes: such changes of the trait in the last 30 days',
  })
  what: 'strike' | 'asked' | 'dates' | 'changes';

  @ApiProperty()
  n: number;

  @ApiProperty({ format: 'date-time' })
  from: string;

  @ApiProperty({ format: 'date-time' })
  to: string;
}

class WaitingView {
  @ApiProperty({
    enum: ['date', 'sequence', 'surge'],
    description:
      'for their date, for what follows the event that began their sequence, or for being let in after a surge',
  })
  what: string;

  @ApiProperty()
  n: number;

  @ApiProperty({ description: 'false: they do not enter any more' })
  kept: boolean;
}

class CampaignImpactView {
  @ApiProperty()
  campaign: string;

  @ApiProperty({ description: 'profiles that enter at once, as far as exits let them' })
  entersNow: number;

  @ApiProperty({
    type: [String],
    description: '`needs` and `per` that this entry never brings: nobody enters by it',
  })
  lacks: string[];

  @ApiProperty({ description: 'who enters from then on: the kind of entry, or `nobody`' })
  entersBy: string;

  @ApiProperty({
    type: ExpectedView,
    nullable: true,
    description:
      'how many that will be, of a schedule, a broadcast, a date, the change of a trait; else null',
  })
  expected: ExpectedView | null;

  @ApiProperty({
    type: SlowPaceView,
    nullable: true,
    description:
      'the pace lets not all whom it takes in at once have a mail within a day; else null',
  })
  slow: SlowPaceView | null;

  @ApiProperty({
    type: YoungView,
    nullable: true,
    description: 'of the `who` of a schedule or a broadcast: behind the warning RK308',
  })
  young: YoungView | null;

  @ApiProperty({ type: [StepInFlightView], description: 'under way; they stay with their version' })
  inFlight: StepInFlightView[];

  @ApiProperty({ type: [WaitingView], description: 'not in it yet, and may enter by themselves' })
  waiting: WaitingView[];
}

export class PlanImpactView {
  @ApiProperty({ type: [SegmentImpactView] })
  segments: SegmentImpactView[];

  @ApiProperty({ type: [CampaignImpactView] })
  campaigns: CampaignImpactView[];
}

export function showImpact({ segments, campaigns }: PlanImpact): Shown<PlanImpactView> {
  return {
    segments,
    campaigns: campaigns.map(({ expected, ...one }) => ({
      ...one,
      expected: expected && {
        ...expected,
        from: showInstant(expected.from),
        to: showInstant(expected.to),
      },
    })),
  };
}
