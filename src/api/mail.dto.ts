/** Shapes of a mail as it is shown over REST: its parts, and the variables with the place that each came from. */
import { ApiProperty } from '@nestjs/swagger';
import { VARIABLE_PLACES, type VariablePlace } from '../messages/variable-places.js';

class VariableView {
  @ApiProperty({ example: 'profile.first_name' })
  variable: string;

  @ApiProperty({
    description: 'whatever it was, null when there was none',
    anyOf: [{}, { type: 'null' }],
  })
  value: unknown;

  @ApiProperty({ enum: VARIABLE_PLACES })
  from: VariablePlace['from'];
}

export class MailView {
  @ApiProperty()
  subject: string;

  @ApiProperty()
  locale: string;

  @ApiProperty({ description: 'show it in a frame with `sandbox=""` only' })
  html: string;

  @ApiProperty()
  text: string;

  @ApiProperty({ description: 'as it was rendered for sending; false: as it would be now' })
  asSent: boolean;

  @ApiProperty({ type: [VariableView] })
  variables: VariableView[];
}
