import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, type TransformFnParams, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { TEXT_FORM, TEXT_MESSAGE } from '../../common/text-form.js';
import { OPERATIONS, type Operation } from '../domain/generation.js';
import { ASPECT_RATIO_NAMES } from '../domain/size.js';

const PROMPT_CHARS_MAX = 10_000;
const NAME_CHARS_MAX = 200;
const IMAGES_MAX = 10;
const REFERENCE_IMAGES_MAX = 16;
const SEED_MAX = 4_294_967_295;
const RETRIES_MAX = 10;

/** As it was sent: the transformer leaves out members that are named like methods. */
const AsSent = () => Transform(({ obj, key }: TransformFnParams): unknown => obj[key]);

/** One picture to work from: exactly one of its fields. */
export class ReferenceImageDto {
  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: 'A stored picture of the space',
  })
  @IsOptional()
  @IsUUID()
  media_id?: string;

  @ApiPropertyOptional({ type: String, description: 'http(s) URL; fetched through a guard' })
  @IsOptional()
  @IsString()
  @MaxLength(2_048)
  url?: string;

  @ApiPropertyOptional({ type: String, description: 'Base64, or a data: URL' })
  @IsOptional()
  @IsString()
  data?: string;
}

export class CreateGenerationDto {
  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: "The space that pays and owns it. Default: the API key's own",
  })
  @IsOptional()
  @IsUUID()
  search_space_id?: string;

  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: 'A collection of the space to put it into',
  })
  @IsOptional()
  @IsUUID()
  collection_id?: string;

  @ApiProperty({ type: String, maxLength: PROMPT_CHARS_MAX, example: 'a lighthouse at dawn' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(PROMPT_CHARS_MAX)
  @Matches(TEXT_FORM, { message: TEXT_MESSAGE })
  prompt: string;

  @ApiPropertyOptional({ type: String, example: 'embedded-image', description: 'Default: auto' })
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(NAME_CHARS_MAX)
  model?: string;

  @ApiPropertyOptional({ enum: OPERATIONS, default: 'generate' })
  @IsOptional()
  @IsIn(OPERATIONS)
  operation?: Operation;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: IMAGES_MAX, default: 1 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(IMAGES_MAX)
  n?: number;

  @ApiPropertyOptional({ type: String, example: '1024x1024', description: 'WIDTHxHEIGHT or auto' })
  @IsOptional()
  @IsString()
  @MaxLength(20)
  size?: string;

  @ApiPropertyOptional({ enum: ASPECT_RATIO_NAMES, description: 'Instead of size' })
  @IsOptional()
  @IsIn(ASPECT_RATIO_NAMES)
  aspect_ratio?: string;

  @ApiPropertyOptional({ type: String, example: 'medium' })
  @IsOptional()
  @IsString()
  @MaxLength(50)
  quality?: string;

  @ApiPropertyOptional({ type: String })
  @IsOptional()
  @IsString()
  @MaxLength(NAME_CHARS_MAX)
  style?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 0, maximum: SEED_MAX })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(SEED_MAX)
  seed?: number;

  @ApiPropertyOptional({ type: String, maxLength: PROMPT_CHARS_MAX })
  @IsOptional()
  @IsString()
  @MaxLength(PROMPT_CHARS_MAX)
  @Matches(TEXT_FORM, { message: TEXT_MESSAGE })
  negative_prompt?: string;

  @ApiPropertyOptional({ type: Number, minimum: 0, maximum: 30 })
  @IsOptional()
  @IsNumber()
  @Min(0)
  @Max(30)
  guidance?: number;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 150 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(150)
  steps?: number;

  @ApiPropertyOptional({ enum: ['png', 'jpeg', 'webp'] })
  @IsOptional()
  @IsIn(['png', 'jpeg', 'webp'])
  output_format?: 'png' | 'jpeg' | 'webp';

  @ApiPropertyOptional({ enum: ['auto', 'opaque', 'transparent'] })
  @IsOptional()
  @IsIn(['auto', 'opaque', 'transparent'])
  background?: 'auto' | 'opaque' | 'transparent';

  @ApiPropertyOptional({ enum: ['url'], description: 'Pictures are answered as signed links' })
  @IsOptional()
  @IsIn(['url'])
  response_format?: 'url';

  @ApiPropertyOptional({ type: [ReferenceImageDto], maxItems: REFERENCE_IMAGES_MAX })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(REFERENCE_IMAGES_MAX)
  @ValidateNested({ each: true })
  @Type(() => ReferenceImageDto)
  reference_images?: ReferenceImageDto[];

  @ApiPropertyOptional({ type: ReferenceImageDto, description: 'Transparent where to change' })
  @IsOptional()
  @ValidateNested()
  @Type(() => ReferenceImageDto)
  mask?: ReferenceImageDto;

  @ApiPropertyOptional({ type: Boolean, default: true })
  @IsOptional()
  @IsBoolean()
  enable_fallback?: boolean;

  @ApiPropertyOptional({ type: 'integer', minimum: 0, maximum: RETRIES_MAX })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(RETRIES_MAX)
  max_retries?: number;

  @ApiPropertyOptional({ type: Object, description: "The vendor's own options, by its list" })
  @IsOptional()
  @IsObject()
  @AsSent()
  provider_options?: Record<string, unknown>;

  @ApiPropertyOptional({ type: Object, description: 'Kept with the record; at most 4,096 bytes' })
  @IsOptional()
  @IsObject()
  @AsSent()
  metadata?: Record<string, unknown>;
}
