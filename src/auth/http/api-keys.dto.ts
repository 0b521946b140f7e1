import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsIn,
  IsISO8601,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  MaxLength,
} from 'class-validator';
import type { Page } from '../../common/page.js';
import { DEFAULT_SCOPES, SCOPES, type Scope } from '../../common/permission.js';
import { LINE_FORM, LINE_MESSAGE } from '../../common/text-form.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import { KEY_PREFIX, type ApiKey } from '../domain/api-key.js';
import type { IssuedKey, NewApiKey } from '../api-keys.service.js';

const NAME_LENGTH_MAX = 100;
const SPACE_EXAMPLE = '019a0000-0000-7000-8000-000000000000';
/** RFC 3339 demands an offset; ISO 8601 alone would read a bare time in the server's zone. */
const OFFSET_FORM = /(?:[Zz]|[+-]\d{2}:\d{2})$/;

export class CreateApiKeyDto {
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

  @ApiPropertyOptional({ type: String, enum: SCOPES, isArray: true, default: DEFAULT_SCOPES })
  @IsOptional()
  @ArrayMinSize(1)
  @ArrayMaxSize(SCOPES.length)
  @IsIn(SCOPES, { each: true })
  scopes?: Scope[];

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'Never, when left out',
    example: '2030-01-01T00:00:00Z',
  })
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  @Matches(OFFSET_FORM, { message: '$property must end in Z or an offset such as +02:00' })
  expires_at?: string | null;
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

export class ApiKeyResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String, example: 'Build server' })
  name: string;

  @ApiProperty({
    type: String,
    description: 'The beginning of the key, to tell it by',
    example: 'atl_k3b7x2ma',
  })
  key_prefix: string;

  @ApiProperty({ type: String, format: 'uuid' })
  search_space_id: string;

  @ApiProperty({ type: String, format: 'uuid', description: 'Its maker' })
  user_id: string;

  @ApiProperty({ type: String, enum: SCOPES, isArray: true })
  scopes: Scope[];

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  expires_at: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  revoked_at: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'Written at most every ten minutes',
  })
  last_used_at: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: string;
}

export class IssuedKeyResponse extends ApiKeyResponse {
  @ApiProperty({
    type: String,
    description: 'The key itself. It is shown this once and not kept',
    example: 'atl_k3b7x2ma_Vd1…',
  })
  key: string;
}

export class ApiKeysPageResponse implements Page<ApiKeyResponse> {
  @ApiProperty({ type: [ApiKeyResponse] })
  data: ApiKeyResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toNewApiKey(body: CreateApiKeyDto): NewApiKey {
  return {
    name: body.name,
    searchSpaceId: body.search_space_id,
    scopes: body.scopes,
    expiresAt: body.expires_at ? new Date(body.expires_at) : null,
  };
}

export function toApiKeyResponse(apiKey: ApiKey): ApiKeyResponse {
  return {
    id: apiKey.id,
    name: apiKey.name,
    key_prefix: `${KEY_PREFIX}${apiKey.lookupId}`,
    search_space_id: apiKey.searchSpaceId,
    user_id: apiKey.userId,
    scopes: [...apiKey.scopes],
    expires_at: apiKey.expiresAt?.toISOString() ?? null,
    revoked_at: apiKey.revokedAt?.toISOString() ?? null,
    last_used_at: apiKey.lastUsedAt?.toISOString() ?? null,
    created_at: apiKey.createdAt.toISOString(),
  };
}

export function toIssuedKeyResponse({ key, apiKey }: IssuedKey): IssuedKeyResponse {
  return { ...toApiKeyResponse(apiKey), key };
}
