import { Injectable } from '@nestjs/common';
import { isTransactionRetryable } from '../../persistence/sql-error.js';
import { Sql } from '../../persistence/sql.port.js';
import { UsageRollUpStore } from '../domain/usage-roll-up.store.port.js';

const ADD = 'SELECT billing_roll_up_usage($1::int, $2::boolean) AS added';
const ATTEMPTS_MAX = 3;

@Injectable()
export class SqlUsageRollUpStore extends UsageRollUpStore {
  constructor(private readonly sql: Sql) {
    super();
  }

  async add(rowsMax: number, waits: boolean): Promise<number> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const values = [rowsMax, waits];
        const [row] = await this.sql.query<{ added: number }>('usage_roll_up', ADD, values);
        return row?.added ?? 0;
      } catch (error) {
        if (attempt >= ATTEMPTS_MAX || !isTransactionRetryable(error)) throw error;
      }
    }
  }
}
