import { Injectable } from '@nestjs/common';
import { Sql } from '../../persistence/sql.port.js';
import type { LedgerDifference } from '../domain/ledger.js';
import { MoneyUpkeep } from '../domain/money-upkeep.port.js';
import { type DifferenceRow, LEDGER_DIFFERENCES, toDifference } from './ledger-differences.js';

const MAKE_PARTITIONS = 'SELECT billing_make_usage_partitions($1::int) AS made';

const TURN_DUE_LOTS = 'SELECT billing_turn_due_lots($1, $2::int) AS last';

@Injectable()
export class SqlMoneyUpkeep extends MoneyUpkeep {
  constructor(private readonly sql: Sql) {
    super();
  }

  async makeUsagePartitions(monthsAhead: number): Promise<number> {
    const [row] = await this.sql.query<{ made: number }>('usage_partitions', MAKE_PARTITIONS, [
      monthsAhead,
    ]);
    return row?.made ?? 0;
  }

  async turnDueLots(after: string, walletsMax: number): Promise<string | null> {
    const values = [after, walletsMax];
    const [row] = await this.sql.query<{ last: string | null }>(
      'lots_turn_due',
      TURN_DUE_LOTS,
      values,
    );
    return row?.last ?? null;
  }

  async listDifferences(limit: number): Promise<LedgerDifference[]> {
    const rows = await this.sql.query<DifferenceRow>('ledger_differences', LEDGER_DIFFERENCES, [
      limit,
    ]);
    return rows.map(toDifference);
  }
}
