import { ApiProperty, ApiPropertyOptional, IntersectionType, PartialType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { LINE_FORM, LINE_MESSAGE } from '../../common/text-form.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import { CONNECTION_SCOPES, KEY_HEADERS, MIDDLING } from '../domain/connection-record.js';
import { IsMoment } from '../../http/is-moment.decorator.js';

const NAME_CHARS_MAX = 100;
const URL_CHARS_MAX = 500;
/** The JSON of a service account is the longest there is. */
const KEY_CHARS_MAX = 16_384;
const WORD_CHARS_MAX = 200;
const COUNT_MAX = 100_000;

/** Unlike IsOptional, refuses null: what it stands on cannot be taken away. */
const IfGiven = () => ValidateIf((_body, value) => value !== undefined);

export class ConnectionExtraDto {
  @ApiPropertyOptional({
    type: String,
    enum: KEY_HEADERS,
    description: 'Header that carries the key; `api-key` is Azure’s',
  })
  @IsOptional()
  @IsIn(KEY_HEADERS)
  key_header?: string;

  @ApiPropertyOptional({ type: String, description: 'Billing organisation at the vendor' })
  @IsOptional()
  @IsString()
  @Matches(/^[\x21-\x7e]+$/, { message: '$property must be printable, without spaces' })
  @MaxLength(WORD_CHARS_MAX)
  organization?: string;

  @ApiPropertyOptional({ type: String, description: 'Project at the vendor' })
  @IsOptional()
  @IsString()
  @Matches(/^[\x21-\x7e]+$/, { message: '$property must be printable, without spaces' })
  @MaxLength(WORD_CHARS_MAX)
  project?: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    description:
      'Added to every request, as Azure’s api-version. It is shown: no place for secrets',
    example: { 'api-version': '2026-10-01' },
  })
  @IsOptional()
  @IsObject()
  query?: Record<string, string>;
}

/** Where to, and with what. */
class TargetFields {
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    maxLength: URL_CHARS_MAX,
    description: "Null: the vendor's own. Private hosts only as OUTBOUND_ALLOW has them",
    example: null,
  })
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(URL_CHARS_MAX)
  base_url?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'Never shown again. Needed anew when base_url or extra.key_header changes',
    example: null,
  })
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(KEY_CHARS_MAX)
  api_key?: string | null;

  @ApiPropertyOptional({ type: ConnectionExtraDto })
  @IfGiven()
  @ValidateNested()
  @Type(() => ConnectionExtraDto)
  extra?: ConnectionExtraDto;
}

class NameField {
  @ApiProperty({ type: String, maxLength: NAME_CHARS_MAX, example: 'Our own account' })
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(NAME_CHARS_MAX)
  name: string;
}

class TermsFields {
  @ApiPropertyOptional({ type: Boolean, default: true })
  @IfGiven()
  @IsBoolean()
  is_enabled?: boolean;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: 100,
    default: MIDDLING,
    description: 'Higher is preferred',
  })
  @IfGiven()
  @IsInt()
  @Min(0)
  @Max(100)
  priority?: number;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    default: 1,
    description: 'Calls at once at which it counts as fully loaded',
  })
  @IfGiven()
  @IsInt()
  @Min(1)
  @Max(COUNT_MAX)
  load_factor?: number;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    nullable: true,
    description: 'Most calls at once, over all processes. Null: as many as come',
    example: null,
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(COUNT_MAX)
  slots_max?: number | null;

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description: 'One of several alike: a refusal of its key or rate is tried again with it',
  })
  @IfGiven()
  @IsBoolean()
  is_pool?: boolean;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'Not used from then on',
    example: null,
  })
  @IsOptional()
  @IsMoment()
  expires_at?: string | null;

  @ApiPropertyOptional({
    type: Boolean,
    default: true,
    description: 'Whether it serves every model that the catalogue has of its provider',
  })
  @IfGiven()
  @IsBoolean()
  serves_catalog?: boolean;
}

class ProviderField {
  @ApiProperty({ type: String, example: 'openai' })
  @IsString()
  @MaxLength(NAME_CHARS_MAX)
  provider: string;
}

class HolderFields {
  @ApiProperty({
    type: String,
    enum: CONNECTION_SCOPES,
    description: 'Whose it is. Calls on those of spaces and users are charged by nobody here',
    example: 'user',
  })
  @IsIn(CONNECTION_SCOPES)
  scope: (typeof CONNECTION_SCOPES)[number];

  @ApiPropertyOptional({ type: String, format: 'uuid', description: 'With scope space' })
  @IsOptional()
  @IsUUID()
  search_space_id?: string;
}

export class TestConnectionDto extends IntersectionType(ProviderField, TargetFields) {}

export class UpdateConnectionDto extends IntersectionType(
  PartialType(NameField, { skipNullProperties: false }),
  TargetFields,
  TermsFields,
) {}

export class CreateConnectionDto extends IntersectionType(
  IntersectionType(HolderFields, ProviderField),
  IntersectionType(NameField, TargetFields, TermsFields),
) {}

export class ListConnectionsDto extends PageQueryDto {
  @ApiPropertyOptional({ type: String, enum: CONNECTION_SCOPES })
  @IsOptional()
  @IsIn(CONNECTION_SCOPES)
  scope?: (typeof CONNECTION_SCOPES)[number];

  @ApiPropertyOptional({ type: String, format: 'uuid' })
  @IsOptional()
  @IsUUID()
  search_space_id?: string;

  @ApiPropertyOptional({ type: String, example: 'openai' })
  @IsOptional()
  @IsString()
  @MaxLength(NAME_CHARS_MAX)
  provider?: string;
}
