import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsOptional, IsString, MaxLength, MinLength } from 'class-validator';
import type { ModelPreference } from '../domain/model-preference.js';

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
}

export function toModelPreference(body: ModelPreferencesDto): ModelPreference {
  return {
    image: body.image_model ?? null,
    chat: body.chat_model ?? null,
    embedding: body.embedding_model ?? null,
    failsOverRefusals: body.fail_over_refusals ?? false,
  };
}

export function toModelPreferencesDto({
  image,
  chat,
  embedding,
  failsOverRefusals,
}: ModelPreference): ModelPreferencesDto {
  return {
    image_model: image,
    chat_model: chat,
    embedding_model: embedding,
    fail_over_refusals: failsOverRefusals,
  };
}
