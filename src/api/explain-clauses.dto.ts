/** Shapes of an explanation's parts: clauses, and what lets in beside conditions. */
import { ApiProperty } from '@nestjs/swagger';
import { ANY_VALUE, SeenView } from './seen.dto.js';

export class LookedUpView {
  @ApiProperty({ example: 'entry.feature' })
  name: string;

  @ApiProperty({ nullable: true, description: 'null: it is missing', oneOf: ANY_VALUE })
  value: unknown;
}

export class ClauseView {
  @ApiProperty({ description: '`all`, `any`, or a condition in the words of the language' })
  says: string;

  @ApiProperty({ type: Boolean, nullable: true, description: 'null = undecided: not true' })
  holds: boolean | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'the earliest instant at which time alone may change it; null: it does not',
  })
  changesAt: string | null;

  @ApiProperty({ type: SeenView, nullable: true, description: 'what a condition looked at' })
  seen: SeenView | null;

  @ApiProperty({ type: [LookedUpView], description: 'what its tests were compared with' })
  lookedUp: LookedUpView[];

  @ApiProperty({ type: () => [ClauseView] })
  of: ClauseView[];
}

class ColleagueView {
  @ApiProperty()
  profileId: number;

  @ApiProperty({ type: String, nullable: true })
  userId: string | null;
}

class FirstColleagueView extends ColleagueView {
  @ApiProperty({ description: 'it is the profile that is asked about' })
  isAsked: boolean;

  @ApiProperty({ description: 'the preference that is true of it, or `otherwise`' })
  because: string;
}

export class CompanyRuleView {
  @ApiProperty({ example: 'one_per_account: { otherwise: oldest }' })
  says: string;

  @ApiProperty({ description: 'who belong to the company, up to 500' })
  members: number;

  @ApiProperty({
    type: ColleagueView,
    nullable: true,
    description: 'another that is in the campaign, so that it does not enter',
  })
  inIt: ColleagueView | null;

  @ApiProperty({
    type: FirstColleagueView,
    nullable: true,
    description: 'who goes first where several would enter at once; null: nobody is wanted',
  })
  first: FirstColleagueView | null;
}

class LatestEvent {
  @ApiProperty()
  id: number;

  @ApiProperty()
  name: string;

  @ApiProperty({ format: 'date-time' })
  occurredAt: string;

  @ApiProperty()
  historical: boolean;
}

class PropertyVerdict {
  @ApiProperty()
  says: string;

  @ApiProperty({ type: Boolean, nullable: true })
  holds: boolean | null;

  @ApiProperty({
    nullable: true,
    description: 'what it has; null: it is missing',
    oneOf: ANY_VALUE,
  })
  value: unknown;
}

class AnswerView {
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'the first event that counts; null: none',
  })
  name: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  occurredAt: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'when the sequence lets in by itself; null: it does not',
  })
  turnsAt: string | null;
}

export class EntryEventView {
  @ApiProperty({ description: 'the event that the campaign is entered by' })
  says: string;

  @ApiProperty({ type: LatestEvent, nullable: true, description: 'its latest of that name' })
  latest: LatestEvent | null;

  @ApiProperty({ type: [PropertyVerdict], description: 'what is asked of it, one by one' })
  tests: PropertyVerdict[];

  @ApiProperty({
    type: Boolean,
    nullable: true,
    description:
      'whether the latest lets in: all that is asked of it and, of a sequence, of what followed',
  })
  holds: boolean | null;

  @ApiProperty({ type: AnswerView, nullable: true, description: 'of a sequence: what followed it' })
  answer: AnswerView | null;
}

export class OpeningView {
  @ApiProperty({ enum: ['date', 'trait', 'schedule'] })
  kind: 'date' | 'trait' | 'schedule';

  @ApiProperty({
    description: 'as the definition says it',
    example: 'date: card.expires_on, before: 7 days, at: 09:00',
  })
  says: string;

  @ApiProperty({
    type: Boolean,
    nullable: true,
    description:
      'there is a date still to come; the latest change is one that lets in; `who` was true when it struck',
  })
  holds: boolean | null;

  @ApiProperty({
    nullable: true,
    description: 'the date; what the trait became',
    oneOf: ANY_VALUE,
  })
  value: unknown;

  @ApiProperty({
    nullable: true,
    description: 'what the trait was before',
    oneOf: ANY_VALUE,
  })
  before: unknown;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'when the date let in; when the trait changed; the strike that did not let it in',
  })
  at: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'when the date lets in; when the schedule strikes next',
  })
  nextAt: string | null;

  @ApiProperty({
    type: ClauseView,
    nullable: true,
    description: 'of the strike that did not let it in: the condition as it was then',
  })
  who: ClauseView | null;
}

export class EnteredView {
  @ApiProperty({ type: ClauseView, nullable: true })
  who: ClauseView | null;

  @ApiProperty({ type: ClauseView, nullable: true })
  if: ClauseView | null;

  @ApiProperty({ type: EntryEventView, nullable: true })
  event: EntryEventView | null;

  @ApiProperty({ type: OpeningView, nullable: true })
  opening: OpeningView | null;
}
