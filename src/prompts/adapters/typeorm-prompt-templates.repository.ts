import type { EntityManager } from 'typeorm';
import { PromptTemplatesRepository } from '../domain/prompt-templates.repository.port.js';
import {
  type PromptTemplate,
  type TemplateVersion,
  VERSIONS_KEPT_MAX,
} from '../domain/template.js';
import { type TemplateRow, TEMPLATES, toTemplate, VERSION_COLUMNS } from './template-row.js';

const LOCK_SPACE = `
  SELECT id FROM search_spaces WHERE id = $1 AND state = 'active' FOR NO KEY UPDATE`;

/** Counted in a statement of its own, which sees what the holder of the lock before committed. */
const COUNT = 'SELECT count(*)::int AS count FROM prompt_templates WHERE search_space_id = $1';

const IS_NAME_TAKEN = `
  SELECT id FROM prompt_templates WHERE search_space_id = $1 AND name = $2 AND id <> $3`;

const INSERT = `
  INSERT INTO prompt_templates
    (id, search_space_id, name, description, version, created_by, created_at, updated_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`;

const UPDATE = `
  UPDATE prompt_templates SET name = $2, description = $3, version = $4, updated_at = $5 WHERE id = $1`;

const INSERT_VERSION = `
  INSERT INTO prompt_template_versions (${VERSION_COLUMNS}) VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7)`;

const TRIM = 'DELETE FROM prompt_template_versions WHERE template_id = $1 AND version <= $2';

const REMOVE = 'DELETE FROM prompt_templates WHERE id = $1 RETURNING id';

export class TypeormPromptTemplatesRepository extends PromptTemplatesRepository {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async lockSpace(searchSpaceId: string): Promise<number | null> {
    const spaces = await this.manager.query<object[]>(LOCK_SPACE, [searchSpaceId]);
    if (spaces.length === 0) return null;
    const [row] = await this.manager.query<{ count: number }[]>(COUNT, [searchSpaceId]);
    return row?.count ?? 0;
  }

  async get(id: string): Promise<PromptTemplate | null> {
    const [row] = await this.manager.query<TemplateRow[]>(`${TEMPLATES} WHERE t.id = $1`, [id]);
    return row ? toTemplate(row) : null;
  }

  async isNameTaken(searchSpaceId: string, name: string, exceptId: string): Promise<boolean> {
    const rows = await this.manager.query<object[]>(IS_NAME_TAKEN, [searchSpaceId, name, exceptId]);
    return rows.length > 0;
  }

  async add(template: PromptTemplate): Promise<void> {
    const { id, searchSpaceId, name, description, current, createdBy, createdAt, updatedAt } =
      template;
    await this.manager.query(INSERT, [
      id,
      searchSpaceId,
      name,
      description,
      current.version,
      createdBy,
      createdAt,
      updatedAt,
    ]);
    await this.addVersion(current);
  }

  async update({ id, name, description, current, updatedAt }: PromptTemplate): Promise<void> {
    await this.manager.query(UPDATE, [id, name, description, current.version, updatedAt]);
  }

  async addVersion(version: TemplateVersion): Promise<void> {
    await this.manager.query(INSERT_VERSION, [
      version.templateId,
      version.version,
      version.searchSpaceId,
      version.text,
      JSON.stringify(version.variables),
      version.createdBy,
      version.createdAt,
    ]);
    const gone = version.version - VERSIONS_KEPT_MAX;
    if (gone > 0) await this.manager.query(TRIM, [version.templateId, gone]);
  }

  async remove(id: string): Promise<boolean> {
    const [rows] = await this.manager.query<[object[], number]>(REMOVE, [id]);
    return rows.length > 0;
  }
}
