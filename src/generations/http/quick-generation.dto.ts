import { ApiPropertyOptional, PickType } from '@nestjs/swagger';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { CreateGenerationDto } from './create-generation.dto.js';

const QUICK_IMAGES_MAX = 8;

const FIELDS = ['search_space_id', 'prompt', 'aspect_ratio', 'style', 'negative_prompt'] as const;

/** A prompt and little else; all that is not said here is the space's and the model's own choice. */
export class QuickGenerationDto extends PickType(CreateGenerationDto, FIELDS) {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: QUICK_IMAGES_MAX, default: 1 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(QUICK_IMAGES_MAX)
  n?: number;
}

export const QUICK_GENERATION_EXAMPLES = {
  'a prompt': { summary: 'Nothing but a prompt', value: { prompt: 'a lighthouse at dawn' } },
};
