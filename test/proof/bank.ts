/** Workers that move money of a few wallets at random, all at once, each with a writer and connections like a process of its own. */
import { randomInt } from 'node:crypto';
import { SqlMoneyUpkeep } from '../../src/billing/adapters/sql-money-upkeep.js';
import { SqlSettlementStore } from '../../src/billing/adapters/sql-settlement.store.js';
import { isSettled } from '../../src/billing/domain/settlement.js';
import { SettlementRiders } from '../../src/billing/settlement-riders.js';
import { SettlementWriter } from '../../src/billing/settlement-writer.js';
import { newId } from '../../src/common/ids.js';
import type { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { PgSql } from '../../src/persistence/pg-sql.js';
import { NIL_ID } from '../factories/budget.factory.js';
import { makeHold, makeSettle, makeUsage } from '../factories/ledger.factory.js';

const BATCH_MAX = 8;
const AMOUNT_MAX = 900;
const GRANT_MAX = 20_000;
/** So many holds are open at most; older ones are ended first. */
const OPEN_MAX = 200;
const LOT_LASTS_MS_MAX = 3_000;
const WALLETS_A_TURN = 100;

/** What the workers have in common. */
export interface Bank {
  /** A wallet has the id of its space. */
  wallets: readonly string[];
  people: readonly string[];
  keys: readonly string[];
  /** Ids of holds that were admitted, open or not: ends are raced for. */
  holds: string[];
  counts: Record<string, number>;
  /** What should never come out. */
  faults: string[];
}

export class BankWorker {
  private readonly writer: SettlementWriter;
  private readonly upkeep: SqlMoneyUpkeep;

  constructor(
    private readonly dataSource: ManagedDataSource,
    private readonly bank: Bank,
  ) {
    const sql = new PgSql(dataSource);
    this.writer = new SettlementWriter(new SqlSettlementStore(sql), new SettlementRiders());
    this.upkeep = new SqlMoneyUpkeep(sql);
  }

  async workUntil(isOver: () => boolean): Promise<void> {
    const works = [
      ...Array.from({ length: 8 }, () => () => this.holdSome()),
      ...Array.from({ length: 8 }, () => () => this.endSome()),
      () => this.grant('grant', randomInt(1, GRANT_MAX)),
      () => this.grant('grant', randomInt(1, GRANT_MAX)),
      () => this.grant('adjust', randomInt(1, AMOUNT_MAX)),
      () => this.grant('adjust', -randomInt(1, AMOUNT_MAX)),
      () => this.transfer(),
      () => this.transfer(),
      () => this.upkeep.turnDueLots(NIL_ID, WALLETS_A_TURN),
      () => this.query('SELECT billing_roll_up_usage(1000, false)', []),
    ];
    while (!isOver()) {
      await pick(works)().catch((error: unknown) => {
        this.bank.faults.push(String(error));
      });
    }
  }

  /** Nothing is in flight any more. */
  async endAll(): Promise<void> {
    const rows = await this.query<{ id: string }>(`SELECT id FROM holds WHERE state = 'held'`, []);
    await Promise.all(
      rows.map(({ id }) => this.writer.conclude({ settle: makeSettle(id, 'void') })),
    );
    await this.writer.drain();
  }

  private async holdSome(): Promise<void> {
    const holds = Array.from({ length: randomInt(1, BATCH_MAX) }, () =>
      makeHold(pick(this.bank.wallets), randomInt(AMOUNT_MAX), {
        funding: pick(['wallet', 'wallet', 'wallet', 'subscription', 'none']),
        user_id: pick([...this.bank.people, null]),
        api_key_id: pick([...this.bank.keys, null]),
        expires_in_s: pick([0, 1, 3_600]),
      }),
    );
    await Promise.all(
      holds.map(async (hold) => {
        const refusal = await this.writer.admit({ hold });
        if (refusal === null) this.bank.holds.push(hold.id);
        this.note(refusal?.code ?? 'admitted');
      }),
    );
    if (this.bank.holds.length > OPEN_MAX) await this.endSome();
  }

  /** Of the oldest: some were ended by others already, and one is ended twice at once. */
  private async endSome(): Promise<void> {
    const ids = this.bank.holds.slice(0, randomInt(1, BATCH_MAX));
    if (randomInt(3) > 0) this.bank.holds.splice(0, ids.length);
    const [first] = ids;
    if (first !== undefined) ids.push(first);
    await Promise.all(
      ids.map(async (id) => {
        const action = pick(['post', 'post', 'post', 'void', 'expire'] as const);
        const amount = pick([undefined, randomInt(AMOUNT_MAX), randomInt(2 * AMOUNT_MAX)]);
        const usage = makeUsage(pick(this.bank.wallets));
        const settle = makeSettle(id, action, action === 'post' ? amount : undefined);
        const result = await this.writer.conclude({ settle, usage });
        const outcome = result && 'code' in result ? result.code : result?.state;
        this.note(isSettled(result) || outcome !== undefined ? String(outcome) : 'nothing');
      }),
    );
  }

  private async grant(kind: 'grant' | 'adjust', amountMicros: number): Promise<void> {
    const now = Date.now();
    const begins = now + pick([0, 0, 0, 500]);
    const isShort = kind === 'grant' && randomInt(2) === 0;
    const grant = {
      transaction_id: newId(),
      account_id: pick(this.bank.wallets),
      amount_micros: amountMicros,
      kind,
      priority: randomInt(5),
      effective_at: new Date(begins),
      expires_at: isShort ? new Date(begins + randomInt(1, LOT_LASTS_MS_MAX)) : null,
    };
    const [row] = await this.query<{ verdicts: { code?: string }[] }>(
      'SELECT to_jsonb(billing_grant($1::jsonb, ARRAY[NULL::jsonb])) AS verdicts',
      [JSON.stringify([{ grant }])],
    );
    this.note(row?.verdicts[0]?.code ?? kind);
  }

  private async transfer(): Promise<void> {
    const from = pick(this.bank.wallets);
    const to = pick(this.bank.wallets.filter((one) => one !== from));
    const [row] = await this.query<{ verdict: { code?: string } }>(
      `SELECT billing_transfer($1, $2, $3, $4, 'a proof', 'system:proof') AS verdict`,
      [from, to, randomInt(1, GRANT_MAX), newId()],
    );
    this.note(row?.verdict.code ?? 'transfer');
  }

  private query<R>(text: string, values: unknown[]): Promise<R[]> {
    return this.dataSource.query<R[]>(text, values);
  }

  private note(what: string): void {
    this.bank.counts[what] = (this.bank.counts[what] ?? 0) + 1;
  }
}

export function pick<T>(all: readonly T[]): T {
  return all[randomInt(all.length)]!;
}
