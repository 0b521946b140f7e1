import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsNotEmpty, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { TEXT_FORM, TEXT_MESSAGE } from '../common/text-form.js';
import { PROMPT_CHARS_MAX } from '../common/prompt-length.js';
import { ImageOptionsDto, WORD_CHARS_MAX } from './image-options.dto.js';

/** The body of OpenAI's `POST /images/generations`. */
export class CreateImageDto extends ImageOptionsDto {
  @ApiProperty({ type: String, maxLength: PROMPT_CHARS_MAX, example: 'a lighthouse at dawn' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(PROMPT_CHARS_MAX)
  @Matches(TEXT_FORM, { message: TEXT_MESSAGE })
  prompt: string;

  @ApiPropertyOptional({ type: String, nullable: true })
  @IsOptional()
  @IsString()
  @MaxLength(WORD_CHARS_MAX)
  style?: string | null;

  @ApiPropertyOptional({
    type: Boolean,
    nullable: true,
    description:
      'Ours: whether a model may rewrite the prompt shorter. Default: above 3,000 characters',
  })
  @IsOptional()
  @IsBoolean()
  optimize_prompt?: boolean | null;
}
