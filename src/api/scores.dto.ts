/** Shapes of scores, out. */
import { ApiProperty } from '@nestjs/swagger';

class PointsView {
  @ApiProperty({ example: 'add: 10, if: { event: login, within_last: 30 days }' })
  says: string;

  @ApiProperty({ description: 'how many points that is' })
  gives: number;
}

export class ScoreView {
  @ApiProperty({ description: 'within its range' })
  value: number;

  @ApiProperty({ type: String, nullable: true, description: 'null: the score has none' })
  band: string | null;

  @ApiProperty({ description: 'what everybody has' })
  base: number;

  @ApiProperty({ type: [PointsView], description: 'each rule of points, in the order of the file' })
  rules: PointsView[];
}

export class NamedScoreView extends ScoreView {
  @ApiProperty({ example: 'happiness' })
  score: string;
}

export class ProfileScores {
  @ApiProperty({ format: 'date-time', description: 'as of then' })
  at: string;

  @ApiProperty({ type: [NamedScoreView] })
  scores: NamedScoreView[];
}
