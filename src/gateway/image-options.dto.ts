import { ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsNumber,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
} from 'class-validator';

export const IMAGES_MAX = 10;
export const WORD_CHARS_MAX = 200;
const COMPRESSION_MAX = 100;
const PARTIAL_IMAGES_MAX = 3;
const SERVERS = 'Compatible servers only';

/** What OpenAI's generations and edits have in common; null means the same as absent. */
export class ImageOptionsDto {
  @ApiPropertyOptional({ type: String, nullable: true, example: 'embedded-image' })
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(WORD_CHARS_MAX)
  model?: string | null;

  @ApiPropertyOptional({ type: 'integer', nullable: true, minimum: 1, maximum: IMAGES_MAX })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(IMAGES_MAX)
  n?: number | null;

  @ApiPropertyOptional({ type: String, nullable: true, example: '1024x1024' })
  @IsOptional()
  @IsString()
  @MaxLength(20)
  size?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, example: 'medium' })
  @IsOptional()
  @IsString()
  @MaxLength(50)
  quality?: string | null;

  @ApiPropertyOptional({ enum: ['auto', 'opaque', 'transparent'], nullable: true })
  @IsOptional()
  @IsIn(['auto', 'opaque', 'transparent'])
  background?: 'auto' | 'opaque' | 'transparent' | null;

  @ApiPropertyOptional({ enum: ['png', 'jpeg', 'webp'], nullable: true })
  @IsOptional()
  @IsIn(['png', 'jpeg', 'webp'])
  output_format?: 'png' | 'jpeg' | 'webp' | null;

  @ApiPropertyOptional({ type: 'integer', nullable: true, minimum: 0, maximum: COMPRESSION_MAX })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(COMPRESSION_MAX)
  output_compression?: number | null;

  @ApiPropertyOptional({
    enum: ['url', 'b64_json'],
    nullable: true,
    description: 'Default: b64_json for models named gpt-image…, url for others',
  })
  @IsOptional()
  @IsIn(['url', 'b64_json'])
  response_format?: 'url' | 'b64_json' | null;

  @ApiPropertyOptional({
    type: Boolean,
    nullable: true,
    description: 'Answers as an event stream; each event has its picture as base64',
  })
  @IsOptional()
  @IsBoolean({ message: 'stream must be true or false' })
  stream?: boolean | null;

  @ApiPropertyOptional({
    type: 'integer',
    nullable: true,
    minimum: 0,
    maximum: PARTIAL_IMAGES_MAX,
    description: 'Drafts in the stream, from vendors that have them; the vendor counts them',
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(PARTIAL_IMAGES_MAX)
  partial_images?: number | null;

  @ApiPropertyOptional({ enum: ['auto', 'low'], nullable: true })
  @IsOptional()
  @IsIn(['auto', 'low'])
  moderation?: 'auto' | 'low' | null;

  @ApiPropertyOptional({ enum: ['low', 'medium', 'high'], nullable: true })
  @IsOptional()
  @IsIn(['low', 'medium', 'high'])
  complexity?: 'low' | 'medium' | 'high' | null;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 128 })
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(128)
  safety_identifier?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    maxLength: 256,
    description: 'Passed on to vendors that take it',
  })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  user?: string | null;

  @ApiPropertyOptional({ type: Number, nullable: true, minimum: 0, description: SERVERS })
  @IsOptional()
  @IsNumber()
  @Min(0)
  @Max(100)
  true_cfg_scale?: number | null;

  @ApiPropertyOptional({ type: 'integer', nullable: true, minimum: 1, description: SERVERS })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1_000)
  step?: number | null;

  @ApiPropertyOptional({ type: 'integer', nullable: true, minimum: 0, description: SERVERS })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(100)
  mode?: number | null;
}
