import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { newId } from '../common/ids.js';
import { isProcessAlive, type ProcessIdentity, readIdentity } from './process-identity.js';

export interface ProcessLeaseTiming {
  /** A lease that was not renewed for this long is free. */
  ttlMs: number;
  renewEveryMs: number;
  /** How often a process that waits for a dead holder's lease looks again. */
  checkEveryMs: number;
}

const TIMING: ProcessLeaseTiming = { ttlMs: 10_000, renewEveryMs: 2_000, checkEveryMs: 250 };

export class ProcessLeaseHeldError extends Error {
  override readonly name = 'ProcessLeaseHeldError';

  constructor(holder: ProcessIdentity) {
    super(
      `Another process (${holder.pid} on ${holder.host.split('/')[0]}) already serves this database. ` +
        'Stop it, or set REDIS_URL in every process so that several may share the database.',
    );
  }
}

interface LeaseRow {
  holder: string;
  identity: ProcessIdentity;
  renewals: string;
}

/** The right to be the only process on a database: without Redis, limits and jobs live in one process. */
export class ProcessLease {
  private readonly timer: NodeJS.Timeout;
  private renewing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly pool: Pool,
    private readonly name: string,
    private readonly holder: string,
    private readonly timing: ProcessLeaseTiming,
    private readonly onLost: () => void,
  ) {
    this.timer = setInterval(() => {
      this.renewing = this.renew();
    }, timing.renewEveryMs).unref();
  }

  /**
   * Takes the lease, at once when its holder is known to be dead, else after it ran out.
   * @param onLost called once when somebody else holds the lease: this process must stop.
   * @throws ProcessLeaseHeldError when a living process holds it.
   */
  static async acquire(
    pool: Pool,
    name: string,
    onLost: () => void,
    timing = TIMING,
  ): Promise<ProcessLease> {
    const holder = newId();
    let first: LeaseRow | null = null;
    while (!(await tryTake(pool, name, holder, timing.ttlMs))) {
      const row = await findLease(pool, name);
      if (!row) continue;
      const isAlive = isProcessAlive(row.identity);
      if (isAlive === false) {
        await expire(pool, name, row.holder);
        continue;
      }
      first ??= row;
      const isRenewed = row.renewals !== first.renewals || row.holder !== first.holder;
      if (isAlive === true || isRenewed) throw new ProcessLeaseHeldError(row.identity);
      await delay(timing.checkEveryMs);
    }
    return new ProcessLease(pool, name, holder, timing, onLost);
  }

  async release(): Promise<void> {
    clearInterval(this.timer);
    await this.renewing;
    await this.pool.query('DELETE FROM process_leases WHERE name = $1 AND holder = $2', [
      this.name,
      this.holder,
    ]);
  }

  private async renew(): Promise<void> {
    try {
      const { rowCount } = await this.pool.query(RENEW, [
        this.name,
        this.holder,
        this.timing.ttlMs,
      ]);
      if (rowCount !== 0) return;
      clearInterval(this.timer);
      this.onLost();
    } catch {
      // The database is away: nobody else can take the lease either. The next renewal tells.
    }
  }
}

const TAKE = `
  INSERT INTO process_leases AS lease (name, holder, identity, expires_at)
  VALUES ($1, $2, $3, now() + $4 * interval '1 millisecond')
  ON CONFLICT (name) DO UPDATE
    SET holder = excluded.holder, identity = excluded.identity, renewals = 0, expires_at = excluded.expires_at
  WHERE lease.expires_at < now()`;

const RENEW = `
  UPDATE process_leases
     SET renewals = renewals + 1, expires_at = now() + $3 * interval '1 millisecond'
   WHERE name = $1 AND holder = $2`;

async function tryTake(pool: Pool, name: string, holder: string, ttlMs: number): Promise<boolean> {
  const { rowCount } = await pool.query(TAKE, [name, holder, readIdentity(), ttlMs]);
  return rowCount === 1;
}

async function findLease(pool: Pool, name: string): Promise<LeaseRow | null> {
  const { rows } = await pool.query<LeaseRow>(
    'SELECT holder, identity, renewals FROM process_leases WHERE name = $1',
    [name],
  );
  return rows[0] ?? null;
}

async function expire(pool: Pool, name: string, holder: string): Promise<void> {
  await pool.query('DELETE FROM process_leases WHERE name = $1 AND holder = $2', [name, holder]);
}
