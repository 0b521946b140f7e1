import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, type TransformFnParams } from 'class-transformer';
import { IsInt, IsObject, IsOptional, IsUUID, Max, Min } from 'class-validator';
import type { TemplateWish } from '../domain/generation-request.js';

const VERSION_MAX = 2_147_483_647;

/** As it was sent: the transformer leaves out members that are named like methods. */
const AsSent = () => Transform(({ obj, key }: TransformFnParams): unknown => obj[key]);

/** Which template the prompt is made of, and with which values. */
export class PromptTemplateDto {
  @ApiProperty({ type: String, format: 'uuid', description: 'A prompt template of the space' })
  @IsUUID()
  id: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, description: 'Default: its newest version' })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(VERSION_MAX)
  version?: number;

  @ApiPropertyOptional({ type: Object, example: { subject: 'a lighthouse' } })
  @IsOptional()
  @IsObject()
  @AsSent()
  variables?: Record<string, unknown>;
}

export function toTemplateWish({ id, version, variables }: PromptTemplateDto): TemplateWish {
  return { id, version: version ?? undefined, variables: variables ?? {} };
}
