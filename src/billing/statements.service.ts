import { Injectable } from '@nestjs/common';
import type { PageRequest } from '../common/page.js';
import type { StatementLine, StatementPeriod, StatementSums } from './domain/statement.js';
import { StatementsReader } from './domain/statements.reader.port.js';
import type { Wallet } from './domain/wallet.js';

/** Lines read at once while exporting. */
const EXPORT_BATCH = 500;
/** An export ends after so many; a period narrows it. */
export const EXPORT_LINES_MAX = 1_000_000;

export interface Statement extends StatementSums {
  wallet: Wallet;
  period: StatementPeriod;
  /** One more than the page asks for, when there are more. */
  lines: readonly StatementLine[];
}

/** What came into a wallet and went, day by day. Who may read it is said where the wallet is found. */
@Injectable()
export class StatementsService {
  constructor(private readonly statements: StatementsReader) {}

  async read(wallet: Wallet, period: StatementPeriod, page: PageRequest): Promise<Statement> {
    const [sums, lines] = await Promise.all([
      this.statements.sum(wallet.id, period),
      this.statements.listLines(wallet, period, page.after, page.limit + 1),
    ]);
    return { ...sums, wallet, period, lines };
  }

  /** All lines of the period, the oldest first, read while they are sent. */
  async *walk(wallet: Wallet, period: StatementPeriod): AsyncGenerator<StatementLine> {
    let after: string | null = null;
    for (let sent = 0; sent < EXPORT_LINES_MAX; sent += EXPORT_BATCH) {
      const batch = await this.statements.listLines(wallet, period, after, EXPORT_BATCH);
      yield* batch;
      if (batch.length < EXPORT_BATCH) return;
      after = batch.at(-1)?.id ?? null;
    }
  }
}
