import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  Equals,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { TEXT_FORM, TEXT_MESSAGE } from '../common/text-form.js';

const PROMPT_CHARS_MAX = 10_000;
const IMAGES_MAX = 10;
const WORD_CHARS_MAX = 200;
const COMPRESSION_MAX = 100;

/** The body of OpenAI's `POST /images/generations`; null means the same as absent. */
export class CreateImageDto {
  @ApiProperty({ type: String, maxLength: PROMPT_CHARS_MAX, example: 'a lighthouse at dawn' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(PROMPT_CHARS_MAX)
  @Matches(TEXT_FORM, { message: TEXT_MESSAGE })
  prompt: string;

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

  @ApiPropertyOptional({ type: String, nullable: true })
  @IsOptional()
  @IsString()
  @MaxLength(WORD_CHARS_MAX)
  style?: string | null;

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

  @ApiPropertyOptional({ type: Boolean, nullable: true, description: 'Only false' })
  @IsOptional()
  @Equals(false, { message: 'stream must be false: this route answers whole pictures' })
  stream?: false | null;

  @ApiPropertyOptional({ type: String, description: 'Taken and not passed on' })
  @IsOptional()
  @IsString()
  @MaxLength(512)
  user?: string | null;
}
