import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';

export interface TableCareTiming {
  lookEveryMs: number;
  /** A table with statistics is looked after again after this long. */
  repeatAfterMs: number;
  checkpointEveryMs: number;
}

const TIMING: TableCareTiming = {
  lookEveryMs: 10_000,
  repeatAfterMs: 5 * 60_000,
  checkpointEveryMs: 3 * 60_000,
};
/** Rows written since the last statistics that make new ones worth their time. */
const CHANGES_MIN = 1_000;
const TABLES_MAX = 50;

interface WornTable {
  schema: string;
  name: string;
  /** At least half of its rows are newer than its statistics. */
  is_outgrown: boolean;
}

/**
 * Keeps the planner's statistics young: on fresh tables without them the money statements are four times slower.
 * A server's autovacuum does the rest by itself; the embedded engine has none, and no checkpoints either.
 */
export class TableCare {
  private readonly logger = new Logger('TableCare');
  private readonly timer: NodeJS.Timeout;
  private readonly caredAtMs = new Map<string, number>();
  private checkpointAtMs = performance.now();
  private working: Promise<void> | null = null;

  constructor(
    private readonly dataSource: DataSource,
    private readonly kind: 'embedded' | 'postgres',
    private readonly timing = TIMING,
  ) {
    this.timer = setInterval(() => this.start(), timing.lookEveryMs).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.working;
  }

  private start(): void {
    this.working ??= this.work()
      .catch((error: Error) => this.logger.warn(`table care failed: ${error.message}`))
      .finally(() => {
        this.working = null;
      });
  }

  private async work(): Promise<void> {
    const tables: WornTable[] = await this.dataSource.query(
      this.kind === 'embedded' ? WORN : NEVER_ANALYZED,
      [CHANGES_MIN, TABLES_MAX],
    );
    // Each statement alone: VACUUM and CHECKPOINT refuse to run with others.
    for (const table of tables) await this.care(table);
    if (this.kind === 'embedded') await this.checkpoint();
  }

  private async care({ schema, name, is_outgrown: isOutgrown }: WornTable): Promise<void> {
    const caredAtMs = this.caredAtMs.get(name);
    const nowMs = performance.now();
    const isRecent = caredAtMs !== undefined && nowMs - caredAtMs < this.timing.repeatAfterMs;
    if (isRecent && !isOutgrown) return;
    this.caredAtMs.set(name, nowMs);
    const verb = this.kind === 'embedded' ? 'VACUUM (ANALYZE)' : 'ANALYZE';
    await this.dataSource.query(`${verb} "${schema}"."${name}"`);
  }

  private async checkpoint(): Promise<void> {
    const nowMs = performance.now();
    if (nowMs - this.checkpointAtMs < this.timing.checkpointEveryMs) return;
    this.checkpointAtMs = nowMs;
    await this.dataSource.query('CHECKPOINT');
  }
}

const WORN = `
  SELECT schemaname AS schema, relname AS name,
         n_mod_since_analyze >= n_live_tup / 2 AS is_outgrown
    FROM pg_stat_user_tables
   WHERE n_mod_since_analyze >= $1 AND schemaname = current_schema()
   ORDER BY n_mod_since_analyze DESC LIMIT $2`;

/** Until the server's own statistics run comes by for the first time. */
const NEVER_ANALYZED = `
  SELECT schemaname AS schema, relname AS name, true AS is_outgrown
    FROM pg_stat_user_tables
   WHERE n_mod_since_analyze >= $1 AND schemaname = current_schema()
     AND n_mod_since_analyze >= n_live_tup / 2 AND last_autoanalyze IS NULL
   ORDER BY n_mod_since_analyze DESC LIMIT $2`;
