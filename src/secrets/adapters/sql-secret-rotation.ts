import type { DataSource } from 'typeorm';
import type { SealedColumn } from '../domain/sealed-columns.js';
import type { SecretPlace } from '../domain/sealed-secret.js';

const BATCH_ROWS = 100;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** Puts a secret under today's master key; null when it is already. */
interface SecretRewrapper {
  rewrap(sealed: string, place: SecretPlace): string | null;
}

interface SealedRow {
  id: string;
  sealed: string;
}

/** Puts every stored secret under today's master key, batch by batch; may be broken off and begun again. */
export class SqlSecretRotation {
  constructor(
    private readonly dataSource: DataSource,
    private readonly box: SecretRewrapper,
  ) {}

  /** How many secrets of the column were wrapped anew. */
  async rotate({ table, column }: SealedColumn): Promise<number> {
    let count = 0;
    for (let after = FIRST_ID; ;) {
      const batch = await this.rotateBatch(table, column, after);
      count += batch.changed;
      if (batch.lastId === null) return count;
      after = batch.lastId;
    }
  }

  private rotateBatch(table: string, column: string, after: string) {
    return this.dataSource.transaction(async (manager) => {
      // Names of a constant list, so they may stand in the text.
      const rows = await manager.query<SealedRow[]>(
        `SELECT id, ${column} AS sealed FROM ${table}
         WHERE id > $1 AND ${column} IS NOT NULL ORDER BY id LIMIT ${BATCH_ROWS} FOR UPDATE`,
        [after],
      );
      let changed = 0;
      for (const { id, sealed } of rows) {
        const next = this.box.rewrap(sealed, { table, id });
        if (next === null) continue;
        await manager.query(`UPDATE ${table} SET ${column} = $2 WHERE id = $1`, [id, next]);
        changed += 1;
      }
      return { changed, lastId: rows.at(-1)?.id ?? null };
    });
  }
}
