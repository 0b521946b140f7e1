import { ApiProperty } from '@nestjs/swagger';
import { encodeCursor, type Page } from '../../common/page.js';
import { countCharacters } from '../../common/count-characters.js';
import type { RenderedTemplate } from '../prompt-templates.service.js';
import type {
  NewVariable,
  PromptTemplate,
  TemplateVariable,
  TemplateVersion,
} from '../domain/template.js';
import type { TemplateVariableDto } from './prompt-templates.dto.js';

const UUID = { type: String, format: 'uuid' } as const;
const TIME = { type: String, format: 'date-time' } as const;

export class TemplateVariableResponse {
  @ApiProperty({ type: String, example: 'style' })
  name: string;

  @ApiProperty({ type: String, nullable: true, example: 'watercolor' })
  default: string | null;

  @ApiProperty({ type: String, example: 'How it looks' })
  description: string;

  @ApiProperty({ type: 'integer', example: 1_000 })
  max_length: number;

  @ApiProperty({ type: [String], nullable: true, example: ['watercolor', 'pixel art'] })
  enum: readonly string[] | null;
}

export class TemplateVersionResponse {
  @ApiProperty({ type: 'integer', example: 3 })
  version: number;

  @ApiProperty({ type: String, example: 'a {{subject}} in the style of {{style}}' })
  template: string;

  @ApiProperty({ type: [TemplateVariableResponse] })
  variables: TemplateVariableResponse[];

  @ApiProperty(UUID)
  created_by: string;

  @ApiProperty(TIME)
  created_at: string;
}

export class PromptTemplateResponse extends TemplateVersionResponse {
  @ApiProperty(UUID)
  id: string;

  @ApiProperty(UUID)
  search_space_id: string;

  @ApiProperty({ type: String, example: 'Product shot' })
  name: string;

  @ApiProperty({ type: String, example: 'For the shop' })
  description: string;

  @ApiProperty(TIME)
  updated_at: string;
}

export class PromptTemplatesPageResponse implements Page<PromptTemplateResponse> {
  @ApiProperty({ type: [PromptTemplateResponse] })
  data: PromptTemplateResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export class TemplateVersionsPageResponse implements Page<TemplateVersionResponse> {
  @ApiProperty({ type: [TemplateVersionResponse] })
  data: TemplateVersionResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export class RenderedPromptResponse {
  @ApiProperty(UUID)
  id: string;

  @ApiProperty({ type: 'integer', example: 3 })
  version: number;

  @ApiProperty({ type: String, example: 'a lighthouse in the style of watercolor' })
  prompt: string;

  @ApiProperty({ type: 'integer', example: 39 })
  character_count: number;
}

export function toTemplateResponse(template: PromptTemplate): PromptTemplateResponse {
  return {
    id: template.id,
    search_space_id: template.searchSpaceId,
    name: template.name,
    description: template.description,
    ...toVersionResponse(template.current),
    created_by: template.createdBy,
    created_at: template.createdAt.toISOString(),
    updated_at: template.updatedAt.toISOString(),
  };
}

export function toVersionResponse(version: TemplateVersion): TemplateVersionResponse {
  return {
    version: version.version,
    template: version.text,
    variables: version.variables.map(toVariableResponse),
    created_by: version.createdBy,
    created_at: version.createdAt.toISOString(),
  };
}

/** Cuts a list that was read with one row more than asked for. */
export function toVersionsPage(
  versions: readonly TemplateVersion[],
  limit: number,
): TemplateVersionsPageResponse {
  const data = versions.slice(0, limit).map(toVersionResponse);
  const last = data.at(-1);
  const hasMore = versions.length > limit && last !== undefined;
  return { data, next_cursor: hasMore ? encodeCursor(String(last.version)) : null };
}

export function toRendered(
  id: string,
  { prompt, version }: RenderedTemplate,
): RenderedPromptResponse {
  return { id, version, prompt, character_count: countCharacters(prompt) };
}

export function toNewVariables(variables: readonly TemplateVariableDto[]): NewVariable[] {
  return variables.map((variable) => ({
    name: variable.name,
    default: variable.default ?? null,
    description: variable.description ?? '',
    choices: variable.enum ?? null,
    ...(typeof variable.max_length === 'number' && { maxLength: variable.max_length }),
  }));
}

function toVariableResponse(variable: TemplateVariable): TemplateVariableResponse {
  return {
    name: variable.name,
    default: variable.default,
    description: variable.description,
    max_length: variable.maxLength,
    enum: variable.choices,
  };
}
