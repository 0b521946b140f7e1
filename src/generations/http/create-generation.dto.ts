import { ApiPropertyOptional } from '@nestjs/swagger';
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
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { TEXT_FORM, TEXT_MESSAGE } from '../../common/text-form.js';
import { DEFAULT_PROMPTS } from '../domain/default-prompts.js';
import { OPERATIONS, type Operation } from '../domain/generation.js';
import { PROMPT_CHARS_MAX } from '../../common/prompt-length.js';
import { PRIORITIES, type Priority } from '../domain/priority.js';
import { ASPECT_RATIO_NAMES } from '../domain/size.js';
import { TAGS_MAX } from '../domain/tags.js';
import {
  GARMENT_CATEGORIES,
  type GarmentCategory,
  PICTURE_ROLES,
  type PictureRole,
} from '../domain/try-on.js';
import { PromptTemplateDto } from './prompt-template.dto.js';
import { TryOnConsentDto } from '../try-on-consent.dto.js';

const NAME_CHARS_MAX = 200;
const IMAGES_MAX = 10;
const REFERENCE_IMAGES_MAX = 16;
const SEED_MAX = 4_294_967_295;
const RETRIES_MAX = 10;
const DEADLINE_S_MAX = 86_400;

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

/** Some operations have a default, and a template has its own. */
const isPromptNeeded = ({ operation, prompt, prompt_template }: CreateGenerationDto): boolean =>
  isGiven(prompt) ||
  (DEFAULT_PROMPTS[operation ?? 'generate'] === undefined && !isGiven(prompt_template));

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

  @ApiPropertyOptional({
    enum: PICTURE_ROLES,
    description: 'Of a try-on. Default: the first picture is the person',
  })
  @IsOptional()
  @IsIn(PICTURE_ROLES)
  role?: PictureRole;

  @ApiPropertyOptional({ enum: GARMENT_CATEGORIES, description: 'Where the garment is worn' })
  @IsOptional()
  @IsIn(GARMENT_CATEGORIES)
  garment_category?: GarmentCategory;
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

  @ApiPropertyOptional({
    type: String,
    maxLength: PROMPT_CHARS_MAX,
    example: 'a lighthouse at dawn',
    description: 'Needed, but for try_on, variation, upscale and remove_background',
  })
  @ValidateIf(isPromptNeeded)
  @IsString()
  @IsNotEmpty()
  @MaxLength(PROMPT_CHARS_MAX)
  @Matches(TEXT_FORM, { message: TEXT_MESSAGE })
  prompt?: string;

  @ApiPropertyOptional({ type: PromptTemplateDto, description: 'In place of prompt' })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => PromptTemplateDto)
  prompt_template?: PromptTemplateDto;

  @ApiPropertyOptional({
    type: Boolean,
    description: 'May a model shorten it? true: always, false: never. Default: if over 3,000',
  })
  @IsOptional()
  @IsBoolean()
  optimize_prompt?: boolean;

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

  @ApiPropertyOptional({ type: TryOnConsentDto, description: 'Why the person may be shown' })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => TryOnConsentDto)
  consent?: TryOnConsentDto;

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

  @ApiPropertyOptional({
    enum: PRIORITIES,
    default: 'normal',
    description:
      'Which waiting generation of the space goes first; between spaces it counts nothing. high needs settings:update',
  })
  @IsOptional()
  @IsIn(PRIORITIES)
  priority?: Priority;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: DEADLINE_S_MAX,
    example: 120,
    description:
      'Seconds after which it has failed, the wait in the queue included; at most GENERATION_DEADLINE_S',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(DEADLINE_S_MAX)
  deadline_s?: number;

  @ApiPropertyOptional({ type: Object, description: "The vendor's own options, by its list" })
  @IsOptional()
  @IsObject()
  @AsSent()
  provider_options?: Record<string, unknown>;

  @ApiPropertyOptional({ type: [String], maxItems: TAGS_MAX, example: ['hero'] })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(TAGS_MAX)
  @IsString({ each: true })
  tags?: string[];

  @ApiPropertyOptional({ type: Object, description: 'Kept with the record; at most 4,096 bytes' })
  @IsOptional()
  @IsObject()
  @AsSent()
  metadata?: Record<string, unknown>;
}
