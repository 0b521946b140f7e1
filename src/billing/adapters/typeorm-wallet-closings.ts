import type { EntityManager } from 'typeorm';
import { assert } from '../../common/assert.js';
import { toMicros } from '../../common/micros.js';
import { type WalletClosing, WalletClosings } from '../domain/wallet-closings.port.js';

/** In the order of everybody who moves money: the platform's account has the lowest id. */
const LOCK = `
  SELECT id, available_micros, held_micros FROM (
    SELECT id, kind, available_micros, held_micros FROM accounts
     WHERE kind = 'platform' OR (kind = 'wallet' AND search_space_id = $1 AND closed_at IS NULL)
     ORDER BY id FOR NO KEY UPDATE) locked
   WHERE kind = 'wallet'`;

const TURN = 'SELECT billing_turn_lots(ARRAY[$1]::uuid[])';

const READ = 'SELECT id, available_micros, held_micros FROM accounts WHERE id = $1';

/** What was to begin later never does. */
const DROP_SCHEDULED = `
  UPDATE grants SET remaining_micros = 0, lapsed_micros = amount_micros
   WHERE account_id = $1 AND activated_at IS NULL AND remaining_micros > 0`;

const WRITE_OFF = 'SELECT to_jsonb(billing_grant($1::jsonb, ARRAY[NULL]::jsonb[])) AS verdicts';

/** Without its overdraft: a call that comes too late finds nothing here, rather than a wallet that must stay empty. */
const CLOSE = `
  UPDATE accounts SET closed_at = now(), lots_due_at = NULL, overdraft_micros = 0 WHERE id = $1`;

interface LockedRow {
  id: string;
  available_micros: string;
  held_micros: string;
}

export class TypeormWalletClosings extends WalletClosings {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async close(searchSpaceId: string, transactionId: string, actor: string): Promise<WalletClosing> {
    const [locked] = await this.manager.query<LockedRow[]>(LOCK, [searchSpaceId]);
    if (!locked) return { outcome: 'none' };
    if (locked.held_micros !== '0') return { outcome: 'held' };
    await this.manager.query(DROP_SCHEDULED, [locked.id]);
    await this.manager.query(TURN, [locked.id]);
    const [wallet] = await this.manager.query<LockedRow[]>(READ, [locked.id]);
    assert(wallet, 'a wallet that was just locked is not there');
    const writtenOffMicros = toMicros(wallet.available_micros);
    // Below 0 it is a debt that is forgiven.
    if (writtenOffMicros !== 0) await this.writeOff(wallet, transactionId, actor);
    await this.manager.query(CLOSE, [wallet.id]);
    return { outcome: 'closed', walletId: wallet.id, writtenOffMicros };
  }

  private async writeOff(wallet: LockedRow, transactionId: string, actor: string): Promise<void> {
    const grant = {
      transaction_id: transactionId,
      account_id: wallet.id,
      amount_micros: -Number(wallet.available_micros),
      kind: 'adjust',
      reference: 'space deleted',
      actor,
    };
    const [row] = await this.manager.query<{ verdicts: { ok?: boolean }[] }[]>(WRITE_OFF, [
      JSON.stringify([{ grant }]),
    ]);
    assert(row?.verdicts[0]?.ok === true, 'what was left in a wallet could not be written off');
  }
}
