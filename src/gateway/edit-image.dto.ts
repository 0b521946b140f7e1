import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { TEXT_FORM, TEXT_MESSAGE } from '../common/text-form.js';
import { PROMPT_CHARS_MAX } from '../common/prompt-length.js';
import { ImageOptionsDto } from './image-options.dto.js';

/** As OpenAI has it. */
export const EDITED_IMAGES_MAX = 16;
const URL_CHARS_MAX = 20_971_520;

/** A picture that goes in. */
export class ImageReferenceDto {
  @ApiPropertyOptional({
    type: String,
    example: 'https://example.com/picture.png',
    description: 'An address, fetched through a guard, or a data: URL with base64',
  })
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(URL_CHARS_MAX)
  image_url?: string | null;

  @ApiPropertyOptional({ type: String, description: 'Refused: this service keeps no files' })
  @IsOptional()
  @IsString()
  file_id?: string | null;
}

/** The fields of OpenAI's `POST /images/edits` that both its forms have. */
export class EditImageFormDto extends ImageOptionsDto {
  @ApiProperty({ type: String, maxLength: PROMPT_CHARS_MAX, example: 'more fog' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(PROMPT_CHARS_MAX)
  @Matches(TEXT_FORM, { message: TEXT_MESSAGE })
  prompt: string;

  @ApiPropertyOptional({ enum: ['high', 'low'], nullable: true })
  @IsOptional()
  @IsIn(['high', 'low'])
  input_fidelity?: 'high' | 'low' | null;
}

/** The JSON form of it. */
export class EditImageDto extends EditImageFormDto {
  @ApiProperty({
    type: [ImageReferenceDto],
    minItems: 1,
    maxItems: EDITED_IMAGES_MAX,
    example: [{ image_url: 'https://example.com/picture.png' }],
  })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(EDITED_IMAGES_MAX)
  @ValidateNested({ each: true })
  @Type(() => ImageReferenceDto)
  images: ImageReferenceDto[];

  @ApiPropertyOptional({
    type: ImageReferenceDto,
    nullable: true,
    description: 'As large as the first picture; transparent where it may change',
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => ImageReferenceDto)
  mask?: ImageReferenceDto | null;
}
