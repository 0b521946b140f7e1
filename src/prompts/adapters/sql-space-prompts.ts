import { Injectable } from '@nestjs/common';
import { Sql } from '../../persistence/sql.port.js';
import { SpacePrompts } from '../domain/optimizations.repository.port.js';

/** A template takes its versions along. */
const REMOVE_TEMPLATES = `
  DELETE FROM prompt_templates WHERE id IN (
    SELECT id FROM prompt_templates WHERE search_space_id = $1 LIMIT $2) RETURNING id`;

const REMOVE_NOTES = `
  DELETE FROM prompt_optimizations WHERE id IN (
    SELECT id FROM prompt_optimizations WHERE search_space_id = $1 LIMIT $2) RETURNING id`;

@Injectable()
export class SqlSpacePrompts extends SpacePrompts {
  constructor(private readonly sql: Sql) {
    super();
  }

  async removeBatch(searchSpaceId: string, limit: number): Promise<number> {
    const values = [searchSpaceId, limit];
    const templates = await this.sql.query('prompts_remove_templates', REMOVE_TEMPLATES, values);
    const notes = await this.sql.query('prompts_remove_notes', REMOVE_NOTES, values);
    return templates.length + notes.length;
  }
}
