import { Injectable } from '@nestjs/common';
import type { PageRequest } from '../../common/page.js';
import { Sql } from '../../persistence/sql.port.js';
import { PromptTemplatesReader } from '../domain/prompt-templates.repository.port.js';
import type { PromptTemplate, TemplateVersion } from '../domain/template.js';
import {
  type TemplateRow,
  TEMPLATES,
  toTemplate,
  toVersion,
  VERSION_COLUMNS,
  type VersionRow,
} from './template-row.js';

@Injectable()
export class SqlPromptTemplatesReader extends PromptTemplatesReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async find(id: string): Promise<PromptTemplate | null> {
    const [row] = await this.sql.query<TemplateRow>(
      'prompt_templates_find',
      `${TEMPLATES} WHERE t.id = $1`,
      [id],
    );
    return row ? toTemplate(row) : null;
  }

  async findVersion(id: string, version: number): Promise<TemplateVersion | null> {
    const [row] = await this.sql.query<VersionRow>(
      'prompt_templates_find_version',
      `SELECT ${VERSION_COLUMNS} FROM prompt_template_versions WHERE template_id = $1 AND version = $2`,
      [id, version],
    );
    return row ? toVersion(row) : null;
  }

  async list(searchSpaceId: string, { limit, after }: PageRequest): Promise<PromptTemplate[]> {
    const rows = await this.sql.query<TemplateRow>(
      'prompt_templates_list',
      `${TEMPLATES} WHERE t.search_space_id = $1 AND ($2::uuid IS NULL OR t.id < $2)
       ORDER BY t.id DESC LIMIT $3`,
      [searchSpaceId, after, limit + 1],
    );
    return rows.map(toTemplate);
  }

  async listVersions(id: string, limit: number, before: number | null): Promise<TemplateVersion[]> {
    const rows = await this.sql.query<VersionRow>(
      'prompt_templates_list_versions',
      `SELECT ${VERSION_COLUMNS} FROM prompt_template_versions
       WHERE template_id = $1 AND ($2::int IS NULL OR version < $2) ORDER BY version DESC LIMIT $3`,
      [id, before, limit + 1],
    );
    return rows.map(toVersion);
  }
}
