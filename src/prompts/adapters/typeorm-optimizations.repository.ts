import type { EntityManager } from 'typeorm';
import {
  type OptimizationNote,
  OPTIMIZATIONS_KEPT_MAX,
  OptimizationsRepository,
} from '../domain/optimizations.repository.port.js';
import { NOTE_COLUMNS } from './sql-optimizations.reader.js';

const INSERT = `
  INSERT INTO prompt_optimizations (${NOTE_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`;

const TRIM = `
  DELETE FROM prompt_optimizations WHERE search_space_id = $1 AND id IN (
    SELECT id FROM prompt_optimizations WHERE search_space_id = $1 ORDER BY id DESC OFFSET $2)`;

export class TypeormOptimizationsRepository extends OptimizationsRepository {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async add(note: OptimizationNote): Promise<void> {
    await this.manager.query(INSERT, [
      note.id,
      note.searchSpaceId,
      note.model,
      note.isSuccess,
      note.originalLength,
      note.optimizedLength,
      note.timeMs,
      note.retentionPercent,
      note.createdAt,
    ]);
    await this.manager.query(TRIM, [note.searchSpaceId, OPTIMIZATIONS_KEPT_MAX]);
  }
}
