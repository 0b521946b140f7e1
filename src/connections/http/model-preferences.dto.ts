import { ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsBoolean,
  IsInt,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
  MinLength,
} from 'class-validator';
import { type ModelPreference, RESPONSE_CACHE_TTL_S_MAX } from '../domain/model-preference.js';

const NAME_CHARS_MAX = 200;
const shown = {
  type: String,
  nullable: true,
  description: 'Name of a model, `auto`, or null: the house’s default',
  example: 'auto',
} as const;

export class ModelPreferencesDto {
  @ApiPropertyOptional(shown)
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(NAME_CHARS_MAX)
  image_model?: string | null;

  @ApiPropertyOptional(shown)
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(NAME_CHARS_MAX)
  chat_model?: string | null;

  @ApiPropertyOptional(shown)
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(NAME_CHARS_MAX)
  embedding_model?: string | null;

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description: 'Whether what one vendor refuses to show may be asked of another',
  })
  @IsOptional()
  @IsBoolean()
  fail_over_refusals?: boolean;

  @ApiPropertyOptional({
    type: 'integer',
    nullable: true,
    minimum: 1,
    maximum: RESPONSE_CACHE_TTL_S_MAX,
    description:
      'For how many seconds answers of chat and embedding models are kept for requests with `x-response-cache`; null: not at all. A change forgets all that was kept.',
    example: 3_600,
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(RESPONSE_CACHE_TTL_S_MAX)
  response_cache_ttl_s?: number | null;
}

export function toModelPreference(body: ModelPreferencesDto): ModelPreference {
  return {
    image: body.image_model ?? null,
    chat: body.chat_model ?? null,
    embedding: body.embedding_model ?? null,
    failsOverRefusals: body.fail_over_refusals ?? false,
    responseCacheTtlS: body.response_cache_ttl_s ?? null,
  };
}

export function toModelPreferencesDto({
  image,
  chat,
  embedding,
  failsOverRefusals,
  responseCacheTtlS,
}: ModelPreference): ModelPreferencesDto {
  return {
    image_model: image,
    chat_model: chat,
    embedding_model: embedding,
    fail_over_refusals: failsOverRefusals,
    response_cache_ttl_s: responseCacheTtlS,
  };
}
