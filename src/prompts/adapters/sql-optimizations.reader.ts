import { Injectable } from '@nestjs/common';
import { Sql } from '../../persistence/sql.port.js';
import {
  type OptimizationNote,
  OPTIMIZATIONS_KEPT_MAX,
  OptimizationsReader,
} from '../domain/optimizations.repository.port.js';

export const NOTE_COLUMNS =
  'id, search_space_id, model, is_success, original_length, optimized_length, time_ms, retention_percent, created_at';

interface NoteRow {
  id: string;
  search_space_id: string;
  model: string;
  is_success: boolean;
  original_length: number;
  optimized_length: number | null;
  time_ms: number;
  retention_percent: number | null;
  created_at: Date;
}

@Injectable()
export class SqlOptimizationsReader extends OptimizationsReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async listLast(searchSpaceId: string): Promise<OptimizationNote[]> {
    const rows = await this.sql.query<NoteRow>(
      'prompt_optimizations_last',
      `SELECT ${NOTE_COLUMNS} FROM prompt_optimizations
       WHERE search_space_id = $1 ORDER BY id DESC LIMIT $2`,
      [searchSpaceId, OPTIMIZATIONS_KEPT_MAX],
    );
    return rows.map((row) => ({
      id: row.id,
      searchSpaceId: row.search_space_id,
      model: row.model,
      isSuccess: row.is_success,
      originalLength: row.original_length,
      optimizedLength: row.optimized_length,
      timeMs: row.time_ms,
      retentionPercent: row.retention_percent,
      createdAt: row.created_at,
    }));
  }
}
