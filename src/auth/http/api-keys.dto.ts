import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateIf,
} from 'class-validator';
import { LINE_FORM, LINE_MESSAGE } from '../../common/text-form.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import { OVERLAP_S_MAX } from '../api-key-changes.service.js';
import type { NewApiKey } from '../api-keys.service.js';
import type { KeyChanges } from '../domain/api-key.js';
import { ApiKeyLimitsDto, toExpiry, toRestrictionChanges } from './api-key-limits.dto.js';

const NAME_LENGTH_MAX = 100;
const SPACE_EXAMPLE = '019a0000-0000-7000-8000-000000000000';

export class CreateApiKeyDto extends ApiKeyLimitsDto {
  @ApiProperty({ type: String, example: 'Build server' })
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(NAME_LENGTH_MAX)
  name: string;

  @ApiProperty({
    type: String,
    format: 'uuid',
    description: 'The only space the key works in',
    example: SPACE_EXAMPLE,
  })
  @IsString()
  search_space_id: string;

  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'Makes the key for a service account of the space, which needs api_access:manage',
  })
  @IsOptional()
  @IsString()
  service_account_id?: string | null;
}

export class UpdateApiKeyDto extends ApiKeyLimitsDto {
  @ApiPropertyOptional({ type: String, example: 'Build server' })
  @ValidateIf((_object, value) => value !== undefined)
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(NAME_LENGTH_MAX)
  name?: string;
}

export class RotateApiKeyDto {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: OVERLAP_S_MAX,
    default: 0,
    description: 'How long the key so far goes on working, in seconds',
    example: 3_600,
  })
  @ValidateIf((_object, value) => value !== undefined)
  @IsInt()
  @Min(0)
  @Max(OVERLAP_S_MAX)
  overlap_s?: number;
}

export class ListApiKeysDto extends PageQueryDto {
  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: 'Keys of this space; without it, your own of all spaces',
  })
  @IsOptional()
  @IsUUID()
  search_space_id?: string;
}

export function toNewApiKey(body: CreateApiKeyDto): NewApiKey {
  return {
    ...toRestrictionChanges(body),
    name: body.name,
    searchSpaceId: body.search_space_id,
    serviceAccountId: body.service_account_id,
    description: body.description,
    scopes: body.scopes,
    tags: body.tags,
    expiresAt: toExpiry(body.expires_at),
  };
}

export function toKeyChanges(body: UpdateApiKeyDto): KeyChanges {
  return {
    ...toRestrictionChanges(body),
    name: body.name,
    description: body.description,
    scopes: body.scopes,
    tags: body.tags,
    expiresAt: toExpiry(body.expires_at),
  };
}
