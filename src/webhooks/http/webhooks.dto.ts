import { ApiProperty, ApiPropertyOptional, IntersectionType, PartialType } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateIf,
} from 'class-validator';
import { LINE_FORM, LINE_MESSAGE, TEXT_FORM, TEXT_MESSAGE } from '../../common/text-form.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import {
  DESCRIPTION_LENGTH_MAX,
  OVERLAP_DEFAULT_S,
  OVERLAP_MAX_S,
  URL_LENGTH_MAX,
} from '../domain/webhook-endpoint.js';
import { SUBSCRIBABLE } from '../domain/webhook-events.js';

const URL_EXAMPLE = 'https://hooks.example.com/atelier';

/** Unlike IsOptional, refuses null: what it stands on cannot be taken away. */
const IfGiven = () => ValidateIf((_body, value) => value !== undefined);

class TargetFields {
  @ApiProperty({
    type: String,
    maxLength: URL_LENGTH_MAX,
    description: 'https, without credentials. Private hosts only as OUTBOUND_ALLOW has them',
    example: URL_EXAMPLE,
  })
  @IsString()
  @MinLength(1)
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(URL_LENGTH_MAX)
  url: string;

  @ApiProperty({
    type: [String],
    enum: SUBSCRIBABLE,
    description: 'What it is told; `*` for all that there are and will be',
    example: ['generation.succeeded', 'generation.failed'],
  })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(SUBSCRIBABLE.length)
  @IsIn(SUBSCRIBABLE, { each: true })
  events: string[];
}

class TermsFields {
  @ApiPropertyOptional({
    type: String,
    maxLength: DESCRIPTION_LENGTH_MAX,
    example: 'The shop, which shows the pictures',
  })
  @IfGiven()
  @IsString()
  @Matches(TEXT_FORM, { message: TEXT_MESSAGE })
  @MaxLength(DESCRIPTION_LENGTH_MAX)
  description?: string;

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description: 'Whether prompts are part of what is told of generations',
  })
  @IfGiven()
  @IsBoolean()
  include_prompt?: boolean;

  @ApiPropertyOptional({
    type: Boolean,
    default: true,
    description: 'False: nothing is told, and what happens meanwhile never will be',
  })
  @IfGiven()
  @IsBoolean()
  is_enabled?: boolean;
}

class SpaceField {
  @ApiProperty({
    type: String,
    format: 'uuid',
    description: 'The space it is told of',
    example: '019a0000-0000-7000-8000-000000000000',
  })
  @IsUUID()
  search_space_id: string;
}

export class CreateWebhookDto extends IntersectionType(SpaceField, TargetFields, TermsFields) {}

export class UpdateWebhookDto extends IntersectionType(
  PartialType(TargetFields, { skipNullProperties: false }),
  TermsFields,
) {}

export class RotateWebhookSecretDto {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: OVERLAP_MAX_S,
    default: OVERLAP_DEFAULT_S,
    description: 'Seconds for which the secret before signs as well',
  })
  @IfGiven()
  @IsInt()
  @Min(0)
  @Max(OVERLAP_MAX_S)
  overlap_s?: number;
}

export class ListWebhooksDto extends PageQueryDto {
  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: 'An API key may leave it out: its own space is meant',
  })
  @IsOptional()
  @IsString()
  search_space_id?: string;
}
