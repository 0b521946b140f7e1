import { ApiProperty, ApiPropertyOptional, IntersectionType } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateIf,
} from 'class-validator';
import type { Page } from '../../common/page.js';
import { LINE_FORM, LINE_MESSAGE, TEXT_FORM, TEXT_MESSAGE } from '../../common/text-form.js';
import type { ModelChanges, ModelDraft } from '../connection-models.service.js';
import {
  MIDDLING,
  MODEL_KINDS,
  MODEL_SOURCES,
  type ModelKind,
  type ModelRecord,
} from '../domain/connection-record.js';
import { toWrittenCapabilities } from '../parse-capabilities.js';

const NAME_CHARS_MAX = 200;
const VENDOR_NAME_CHARS_MAX = 500;
const NAMES_MAX = 1_000;
/** Neither blank nor with blanks around it. */
const MODEL_NAME_FORM = /^(?!\s)[^\p{Cc}\p{Cs}\u2028\u2029]+(?<!\s)$/u;
const MODEL_NAME_MESSAGE = '$property must be one line of text without blanks around it';

const IfGiven = () => ValidateIf((_body, value) => value !== undefined);

export class UpdateConnectionModelDto {
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'What the vendor calls it, as an Azure deployment; null: as it is called here',
    example: null,
  })
  @IsOptional()
  @IsString()
  @Matches(MODEL_NAME_FORM, { message: MODEL_NAME_MESSAGE })
  @MaxLength(VENDOR_NAME_CHARS_MAX)
  vendor_model?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description:
      'Model of the catalogue that it behaves like. Null: the one of its name, else the plain one of its kind, which ' +
      'promises little',
    example: null,
  })
  @IsOptional()
  @IsString()
  @Matches(MODEL_NAME_FORM, { message: MODEL_NAME_MESSAGE })
  @MaxLength(NAME_CHARS_MAX)
  base_model?: string | null;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description:
      'What it does otherwise than its base, as {"n_max": 4}; replaces what was said before',
    example: {},
  })
  @IfGiven()
  @IsObject()
  capabilities?: Record<string, unknown>;

  @ApiPropertyOptional({ type: String, nullable: true, example: null })
  @IsOptional()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(NAME_CHARS_MAX)
  title?: string | null;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: 100,
    default: MIDDLING,
    description: 'Higher is chosen first where the choice is left',
  })
  @IfGiven()
  @IsInt()
  @Min(0)
  @Max(100)
  quality?: number;

  @ApiPropertyOptional({ type: Boolean, default: true })
  @IfGiven()
  @IsBoolean()
  is_enabled?: boolean;
}

class NamedModel {
  @ApiProperty({ type: String, description: 'By which callers ask for it', example: 'our-model' })
  @IsString()
  @Matches(MODEL_NAME_FORM, { message: MODEL_NAME_MESSAGE })
  @MaxLength(NAME_CHARS_MAX)
  name: string;

  @ApiProperty({ type: String, enum: MODEL_KINDS, example: 'chat' })
  @IsIn(MODEL_KINDS)
  kind: ModelKind;
}

export class AddConnectionModelDto extends IntersectionType(NamedModel, UpdateConnectionModelDto) {}

export class EnableConnectionModelsDto {
  @ApiProperty({ type: [String], minItems: 1, maxItems: NAMES_MAX, example: ['our-model'] })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(NAMES_MAX)
  @ArrayUnique()
  @IsString({ each: true })
  @Matches(TEXT_FORM, { each: true, message: TEXT_MESSAGE })
  @MaxLength(NAME_CHARS_MAX, { each: true })
  names: string[];

  @ApiPropertyOptional({ type: Boolean, default: true })
  @IfGiven()
  @IsBoolean()
  is_enabled?: boolean;
}

export class EnabledModelsResponse {
  @ApiProperty({ type: 'integer', description: 'How many were otherwise before' })
  changed: number;
}

export class ConnectionModelResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String })
  connection_id: string;

  @ApiProperty({ type: String })
  name: string;

  @ApiProperty({ type: String, enum: MODEL_KINDS })
  kind: string;

  @ApiProperty({ type: String, nullable: true })
  vendor_model: string | null;

  @ApiProperty({ type: String, nullable: true })
  base_model: string | null;

  @ApiProperty({ type: 'object', additionalProperties: true })
  capabilities: Record<string, unknown>;

  @ApiProperty({ type: String, nullable: true })
  title: string | null;

  @ApiProperty({ type: 'integer' })
  quality: number;

  @ApiProperty({ type: Boolean })
  is_enabled: boolean;

  @ApiProperty({ type: String, enum: MODEL_SOURCES })
  source: string;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: string;

  @ApiProperty({ type: String, format: 'date-time' })
  updated_at: string;
}

export class ConnectionModelsPageResponse implements Page<ConnectionModelResponse> {
  @ApiProperty({ type: [ConnectionModelResponse] })
  data: ConnectionModelResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toModelDraft(body: AddConnectionModelDto): ModelDraft {
  return { ...toModelChanges(body), name: body.name, kind: body.kind };
}

export function toModelChanges(body: UpdateConnectionModelDto): ModelChanges {
  return {
    vendorModel: body.vendor_model,
    baseModel: body.base_model,
    capabilities: body.capabilities,
    title: body.title === undefined ? undefined : (body.title?.trim() ?? null),
    quality: body.quality,
    isEnabled: body.is_enabled,
  };
}

export function toConnectionModelResponse(model: ModelRecord): ConnectionModelResponse {
  return {
    id: model.id,
    connection_id: model.connectionId,
    name: model.name,
    kind: model.kind,
    vendor_model: model.vendorModel,
    base_model: model.baseModel,
    capabilities: toWrittenCapabilities(model.capabilities),
    title: model.title,
    quality: model.quality,
    is_enabled: model.isEnabled,
    source: model.source,
    created_at: model.createdAt.toISOString(),
    updated_at: model.updatedAt.toISOString(),
  };
}
