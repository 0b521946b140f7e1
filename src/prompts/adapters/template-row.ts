import type { PromptTemplate, TemplateVariable, TemplateVersion } from '../domain/template.js';

export interface VersionRow {
  template_id: string;
  version: number;
  search_space_id: string;
  text: string;
  variables: TemplateVariable[];
  created_by: string;
  created_at: Date;
}

/** A template beside its newest version. */
export interface TemplateRow extends VersionRow {
  name: string;
  description: string;
  first_created_by: string;
  first_created_at: Date;
  updated_at: Date;
}

export const VERSION_COLUMNS =
  'template_id, version, search_space_id, text, variables, created_by, created_at';

export const TEMPLATES = `
  SELECT v.template_id, v.version, v.search_space_id, v.text, v.variables, v.created_by, v.created_at,
    t.name, t.description, t.created_by AS first_created_by, t.created_at AS first_created_at, t.updated_at
  FROM prompt_templates t JOIN prompt_template_versions v ON v.template_id = t.id AND v.version = t.version`;

export function toTemplate(row: TemplateRow): PromptTemplate {
  return {
    id: row.template_id,
    searchSpaceId: row.search_space_id,
    name: row.name,
    description: row.description,
    current: toVersion(row),
    createdBy: row.first_created_by,
    createdAt: row.first_created_at,
    updatedAt: row.updated_at,
  };
}

export function toVersion(row: VersionRow): TemplateVersion {
  return {
    templateId: row.template_id,
    searchSpaceId: row.search_space_id,
    version: row.version,
    text: row.text,
    variables: row.variables,
    createdBy: row.created_by,
    createdAt: row.created_at,
  };
}
