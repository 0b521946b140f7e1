import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, type TransformFnParams, Type } from 'class-transformer';
import {
  IsIn,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { LINE_FORM, LINE_MESSAGE, TEXT_FORM, TEXT_MESSAGE } from '../common/text-form.js';
import { GARMENT_CATEGORIES, type GarmentCategory } from '../generations/domain/try-on.js';
import { TryOnConsentDto } from '../generations/try-on-consent.dto.js';

const ID_CHARS_MAX = 200;
const KEY_CHARS_MAX = 512;
const URL_CHARS_MAX = 2_048;
const PROMPT_CHARS_MAX = 10_000;

/** Shops count their users and garments as they like. */
const NumberAsText = () =>
  Transform(({ value }: TransformFnParams): unknown =>
    typeof value === 'number' ? String(value) : value,
  );
/** An empty field of a form is none. */
const EmptyAsNone = () =>
  Transform(({ value }: TransformFnParams): unknown => (value === '' ? undefined : value));

/** What a shop asks for. In a form `user_image` and `catalog_image` are files beside it, and win over the addresses. */
export class CreateTryOnDto {
  @ApiProperty({ type: String, maxLength: ID_CHARS_MAX, example: 'shopper-7' })
  @NumberAsText()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(ID_CHARS_MAX)
  user_id: string;

  @ApiPropertyOptional({
    type: String,
    maxLength: KEY_CHARS_MAX,
    description: 'Or in the header Authorization (Bearer) or X-API-Key',
  })
  @IsOptional()
  @IsString()
  @MaxLength(KEY_CHARS_MAX)
  api_key?: string;

  @ApiProperty({ type: String, maxLength: ID_CHARS_MAX, example: 'coat-7' })
  @NumberAsText()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(ID_CHARS_MAX)
  catalog_id: string;

  @ApiPropertyOptional({ type: String, example: 'https://shop.example/people/7.jpg' })
  @EmptyAsNone()
  @IsOptional()
  @IsString()
  @MaxLength(URL_CHARS_MAX)
  user_image_url?: string;

  @ApiPropertyOptional({ type: String, example: 'https://shop.example/coats/7.jpg' })
  @EmptyAsNone()
  @IsOptional()
  @IsString()
  @MaxLength(URL_CHARS_MAX)
  catalog_image_url?: string;

  @ApiPropertyOptional({
    type: String,
    maxLength: PROMPT_CHARS_MAX,
    description: 'Default: a catalogue shoot of the person in the garment',
  })
  @EmptyAsNone()
  @IsOptional()
  @IsString()
  @MaxLength(PROMPT_CHARS_MAX)
  @Matches(TEXT_FORM, { message: TEXT_MESSAGE })
  prompt?: string;

  @ApiPropertyOptional({ type: String, example: 'embedded-image', description: 'Default: auto' })
  @EmptyAsNone()
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(ID_CHARS_MAX)
  model?: string;

  @ApiPropertyOptional({ enum: GARMENT_CATEGORIES })
  @EmptyAsNone()
  @IsOptional()
  @IsIn(GARMENT_CATEGORIES)
  garment_category?: GarmentCategory;

  @ApiPropertyOptional({
    type: TryOnConsentDto,
    description:
      'Needed unless the search space declares it of all its pictures. In a form: as JSON',
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => TryOnConsentDto)
  consent?: TryOnConsentDto;
}

export class TryOnResponse {
  @ApiProperty({ type: String, enum: ['success'] })
  status: 'success';

  @ApiProperty({
    type: String,
    example: 'https://atelier.example/api/v1/image-generations/…/image?token=…&index=0',
    description: 'A signed link that shows the picture until it expires',
  })
  image_url: string;

  @ApiProperty({ type: Number, example: 6153.4 })
  latency_ms: number;
}

export class TryOnErrorResponse {
  @ApiProperty({ type: String, example: 'catalog_image is missing: send a file or its address' })
  detail: string;
}
