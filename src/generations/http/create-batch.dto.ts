import { ApiProperty, ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsOptional,
  IsUUID,
  ValidateNested,
} from 'class-validator';
import { CreateGenerationDto } from './create-generation.dto.js';

export const BATCH_REQUESTS_MAX = 10;

/** One request of a batch: a creation without the space, which is the batch's. */
export class BatchRequestDto extends OmitType(CreateGenerationDto, ['search_space_id'] as const) {}

export class CreateBatchDto {
  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: "The space that pays and owns them. Default: the API key's own",
  })
  @IsOptional()
  @IsUUID()
  search_space_id?: string;

  @ApiProperty({
    type: [BatchRequestDto],
    minItems: 1,
    maxItems: BATCH_REQUESTS_MAX,
    example: [{ prompt: 'a lighthouse at dawn' }, { prompt: 'the same in a storm' }],
  })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(BATCH_REQUESTS_MAX)
  @ValidateNested({ each: true })
  @Type(() => BatchRequestDto)
  requests: BatchRequestDto[];
}

export const CREATE_BATCH_EXAMPLES = {
  'two pictures': {
    summary: 'Two requests; each is held, made and charged by itself',
    value: {
      requests: [
        { prompt: 'a lighthouse at dawn', size: '256x256' },
        { prompt: 'the same lighthouse in a storm', size: '256x256', seed: 7 },
      ],
    },
  },
};
