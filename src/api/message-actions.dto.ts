/** Shapes of what people do to messages over REST; the OpenAPI document is made of them. */
import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsDefined,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsString,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { MOST_AT_ONCE } from '../delivery/message-actions.js';
import { MOST_RESENT } from '../delivery/resend-many.js';
import { CountsQuery } from './messages.dto.js';

export class Arrived {
  @ApiProperty({
    description:
      'what you found out; false sends the same mail once more, with the same Message-ID',
  })
  @IsBoolean()
  arrived: boolean;
}

export class ResendRequest {
  @ApiProperty({ description: 'for whoever asks why somebody got it twice' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(300)
  why: string;
}

export class CopyRequest {
  @ApiProperty({ description: 'your own mailbox', example: 'you@example.com' })
  @IsString()
  @MaxLength(320)
  address: string;
}

export class ManyRequest {
  @ApiProperty({
    type: CountsQuery,
    description: 'the filters of `GET messages`; what is in another state is left alone',
  })
  @IsDefined()
  @IsObject()
  @ValidateNested()
  @Type(() => CountsQuery)
  filter: CountsQuery;

  @ApiProperty({
    minimum: 0,
    maximum: MOST_AT_ONCE,
    description: 'how many you expect them to be; 409 with `found` when they are not',
  })
  @IsInt()
  @Min(0)
  @Max(MOST_AT_ONCE)
  expected: number;
}

export class SettleManyRequest extends ManyRequest {
  @ApiProperty({ description: 'as for one message' })
  @IsBoolean()
  arrived: boolean;
}

export class ResendManyRequest {
  @ApiProperty({
    type: CountsQuery,
    description:
      'the filters of `GET messages`, with at least `state`, `reason` or `ids`; what is not at its end, and what was repeated once, is left alone',
  })
  @IsDefined()
  @IsObject()
  @ValidateNested()
  @Type(() => CountsQuery)
  filter: CountsQuery;

  @ApiProperty({
    minimum: 0,
    maximum: MOST_RESENT,
    description: 'how many you expect them to be; 409 with `found` when they are not',
  })
  @IsInt()
  @Min(0)
  @Max(MOST_RESENT)
  expected: number;

  @ApiProperty({ description: 'for whoever asks why somebody got it twice' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(300)
  why: string;
}

export class ManyResent {
  @ApiProperty({ description: 'new messages' })
  changed: number;

  @ApiProperty({ description: 'refused meanwhile: somebody else repeated or erased them' })
  left: number;
}

export class ManyChanged {
  @ApiProperty()
  changed: number;
}
