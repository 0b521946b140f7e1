import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, type TransformFnParams, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsInt,
  IsNotEmpty,
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
import { LINE_FORM, LINE_MESSAGE, TEXT_FORM, TEXT_MESSAGE } from '../../common/text-form.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import {
  CHOICES_MAX,
  TEMPLATE_CHARS_MAX,
  TEMPLATE_NAME_CHARS_MAX,
  VALUE_CHARS_MAX,
  VARIABLE_NAME_FORM,
  VARIABLES_MAX,
} from '../domain/template.js';

const DESCRIPTION_CHARS_MAX = 500;
const VERSION_MAX = 2_147_483_647;
const TEMPLATE_EXAMPLE = 'a {{subject}} in the style of {{style}}, golden hour, wide angle';
const VARIABLES_EXAMPLE = [
  { name: 'subject', description: 'What is to be seen', max_length: 200 },
  { name: 'style', default: 'watercolor', enum: ['watercolor', 'pixel art', 'oil painting'] },
];

/** Unlike IsOptional, refuses null. */
const IfGiven = () => ValidateIf((_body, value) => value !== undefined);
/** As it was sent: the transformer leaves out members that are named like methods. */
const AsSent = () => Transform(({ obj, key }: TransformFnParams): unknown => obj[key]);

export class TemplateVariableDto {
  @ApiProperty({ type: String, maxLength: 64, example: 'style' })
  @IsString()
  @Matches(VARIABLE_NAME_FORM, {
    message: '$property must be a letter, then letters, digits and _, at most 64',
  })
  name: string;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    example: 'watercolor',
    description: 'Taken where no value is given. Without one a value must be given',
  })
  @IsOptional()
  @IsString()
  @MaxLength(VALUE_CHARS_MAX)
  default?: string | null;

  @ApiPropertyOptional({ type: String, maxLength: DESCRIPTION_CHARS_MAX, example: 'How it looks' })
  @IsOptional()
  @IsString()
  @MaxLength(DESCRIPTION_CHARS_MAX)
  @Matches(TEXT_FORM, { message: TEXT_MESSAGE })
  description?: string;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: VALUE_CHARS_MAX,
    default: 1_000,
    description: 'Characters of a value',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(VALUE_CHARS_MAX)
  max_length?: number;

  @ApiPropertyOptional({
    type: [String],
    nullable: true,
    maxItems: CHOICES_MAX,
    example: ['watercolor', 'pixel art'],
    description: 'The values that are taken. Default: any text',
  })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(CHOICES_MAX)
  @IsString({ each: true })
  @IsNotEmpty({ each: true })
  @MaxLength(VALUE_CHARS_MAX, { each: true })
  @Matches(TEXT_FORM, { each: true, message: TEXT_MESSAGE })
  enum?: string[] | null;
}

export class CreatePromptTemplateDto {
  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: "The space it belongs to. Default: the API key's own",
  })
  @IsOptional()
  @IsUUID()
  search_space_id?: string;

  @ApiProperty({ type: String, maxLength: TEMPLATE_NAME_CHARS_MAX, example: 'Product shot' })
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(TEMPLATE_NAME_CHARS_MAX)
  name: string;

  @ApiPropertyOptional({ type: String, maxLength: DESCRIPTION_CHARS_MAX, example: 'For the shop' })
  @IfGiven()
  @IsString()
  @MaxLength(DESCRIPTION_CHARS_MAX)
  @Matches(TEXT_FORM, { message: TEXT_MESSAGE })
  description?: string;

  @ApiProperty({
    type: String,
    maxLength: TEMPLATE_CHARS_MAX,
    example: TEMPLATE_EXAMPLE,
    description: 'A variable is written {{name}}',
  })
  @IsString()
  @IsNotEmpty()
  @MaxLength(TEMPLATE_CHARS_MAX)
  @Matches(TEXT_FORM, { message: TEXT_MESSAGE })
  template: string;

  @ApiPropertyOptional({
    type: [TemplateVariableDto],
    maxItems: VARIABLES_MAX,
    example: VARIABLES_EXAMPLE,
    description: 'What is to be told of variables; those left out take any text',
  })
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(VARIABLES_MAX)
  @ValidateNested({ each: true })
  @Type(() => TemplateVariableDto)
  variables?: TemplateVariableDto[];
}

export class UpdatePromptTemplateDto {
  @ApiPropertyOptional({ type: String, maxLength: TEMPLATE_NAME_CHARS_MAX, example: 'Studio shot' })
  @IfGiven()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(TEMPLATE_NAME_CHARS_MAX)
  name?: string;

  @ApiPropertyOptional({ type: String, maxLength: DESCRIPTION_CHARS_MAX })
  @IfGiven()
  @IsString()
  @MaxLength(DESCRIPTION_CHARS_MAX)
  @Matches(TEXT_FORM, { message: TEXT_MESSAGE })
  description?: string;

  @ApiPropertyOptional({ type: String, maxLength: TEMPLATE_CHARS_MAX, example: TEMPLATE_EXAMPLE })
  @IfGiven()
  @IsString()
  @IsNotEmpty()
  @MaxLength(TEMPLATE_CHARS_MAX)
  @Matches(TEXT_FORM, { message: TEXT_MESSAGE })
  template?: string;

  @ApiPropertyOptional({
    type: [TemplateVariableDto],
    maxItems: VARIABLES_MAX,
    description: 'All of them anew. Left out: as they are, of those that the template still has',
  })
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(VARIABLES_MAX)
  @ValidateNested({ each: true })
  @Type(() => TemplateVariableDto)
  variables?: TemplateVariableDto[];
}

export class RenderPromptTemplateDto {
  @ApiPropertyOptional({ type: Object, example: { subject: 'lighthouse' } })
  @IsOptional()
  @IsObject()
  @AsSent()
  variables?: Record<string, unknown>;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, description: 'Default: the newest' })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(VERSION_MAX)
  version?: number;
}

export class ListPromptTemplatesDto extends PageQueryDto {
  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: 'An API key may leave it out: its own space is meant',
  })
  @IsOptional()
  @IsString()
  search_space_id?: string;
}
