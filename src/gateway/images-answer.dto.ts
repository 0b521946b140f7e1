import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

import type { ToldBudgetWarning } from '../generations/list-budget-warnings.js';

export class ImageDatumDto {
  @ApiPropertyOptional({ type: String, format: 'uri' })
  url?: string;

  @ApiPropertyOptional({ type: String, format: 'byte' })
  b64_json?: string;
}

/** The answer of OpenAI's image routes. */
export class ImagesAnswerDto {
  @ApiProperty({ type: 'integer', description: 'Seconds since 1970', example: 1795161600 })
  created: number;

  @ApiProperty({ type: [ImageDatumDto] })
  data: ImageDatumDto[];

  @ApiPropertyOptional({ enum: ['png', 'jpeg', 'webp'] })
  output_format?: string;

  @ApiPropertyOptional({
    enum: ['1024x1024', '1024x1536', '1536x1024'],
    description: 'Left out for every other size',
  })
  size?: string;

  @ApiPropertyOptional({ enum: ['low', 'medium', 'high'], description: 'Left out for any other' })
  quality?: string;

  @ApiPropertyOptional({ enum: ['opaque', 'transparent'], description: 'Where it was asked for' })
  background?: string;

  @ApiPropertyOptional({ type: Object })
  usage?: Record<string, unknown>;

  @ApiPropertyOptional({
    type: [Object],
    description: 'Budgets that run low, as in chat; left out where none does',
  })
  budget_warnings?: ToldBudgetWarning[];
}
