import { Injectable } from '@nestjs/common';
import { Sql } from '../../persistence/sql.port.js';
import { SpaceGenerations } from '../domain/space-generations.port.js';

const LIST = (condition: string): string => `
  SELECT id FROM generations
   WHERE search_space_id = $1 AND status ${condition} ('queued', 'running')
   ORDER BY id LIMIT $2`;

const DETACH = `
  UPDATE generations SET collection_id = NULL WHERE id IN (
    SELECT id FROM generations WHERE collection_id = $1 ORDER BY id DESC LIMIT $2)
  RETURNING id`;

@Injectable()
export class SqlSpaceGenerations extends SpaceGenerations {
  constructor(private readonly sql: Sql) {
    super();
  }

  async listUnfinished(searchSpaceId: string, limit: number): Promise<string[]> {
    return this.listIds('generations_unfinished_of_space', LIST('IN'), [searchSpaceId, limit]);
  }

  async listConcluded(searchSpaceId: string, limit: number): Promise<string[]> {
    return this.listIds('generations_concluded_of_space', LIST('NOT IN'), [searchSpaceId, limit]);
  }

  async detach(collectionId: string, limit: number): Promise<number> {
    return (await this.listIds('generations_detach', DETACH, [collectionId, limit])).length;
  }

  private async listIds(name: string, text: string, values: unknown[]): Promise<string[]> {
    const rows = await this.sql.query<{ id: string }>(name, text, values);
    return rows.map(({ id }) => id);
  }
}
