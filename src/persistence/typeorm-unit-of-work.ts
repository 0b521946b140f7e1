import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { DataSource, type EntityManager } from 'typeorm';
import { assert } from '../common/assert.js';
import { afterCommit } from './after-commit.js';
import { isTransactionRetryable } from './sql-error.js';
import { APP_ROLE, findTenancy, type Tenancy } from './tenancy.js';
import {
  type PortToken,
  UnitOfWork,
  type WorkOptions,
  type WorkScope,
} from './unit-of-work.port.js';
import { WorkRegistry } from './work-registry.js';

const ATTEMPTS_MAX = 4;
/** First pause before another attempt; doubled each time and drawn at random, so that two rivals part. */
const RETRY_DELAY_MS = 10;

/** The role last: under it nothing but rows is within reach. */
const ENTER = `
  SELECT set_config('atelier.search_space_ids', $2, true), set_config('atelier.user_id', $3, true),
         set_config('role', $1, true)`;

@Injectable()
export class TypeormUnitOfWork extends UnitOfWork {
  private readonly open = new AsyncLocalStorage<TypeormWorkScope>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly registry: WorkRegistry,
  ) {
    super();
  }

  async run<T>(
    work: (scope: WorkScope) => Promise<T>,
    { searchSpaceIds = [] }: WorkOptions = {},
  ): Promise<T> {
    // On the embedded engine the inner one would wait for the outer one for ever.
    assert(!this.open.getStore()?.isOpen, 'a unit of work inside a unit of work');
    const tenancy = findTenancy(searchSpaceIds);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.attempt(work, tenancy);
      } catch (error) {
        if (attempt >= ATTEMPTS_MAX || !isTransactionRetryable(error)) throw error;
        await delay(Math.random() * RETRY_DELAY_MS * 2 ** attempt);
      }
    }
  }

  private attempt<T>(work: (scope: WorkScope) => Promise<T>, tenancy: Tenancy | null): Promise<T> {
    return this.dataSource.transaction(async (manager) => {
      if (tenancy) await enter(manager, tenancy);
      const scope = new TypeormWorkScope(manager, this.registry);
      try {
        const result = await this.open.run(scope, () => work(scope));
        await assertCommittable(manager);
        return result;
      } finally {
        scope.isOpen = false;
      }
    });
  }
}

class TypeormWorkScope implements WorkScope {
  isOpen = true;
  private readonly made = new Map<PortToken<unknown>, unknown>();

  constructor(
    private readonly manager: EntityManager,
    private readonly registry: WorkRegistry,
  ) {}

  get<P>(port: PortToken<P>): P {
    assert(this.isOpen, `${port.name} was asked for after its unit of work had ended`);
    if (!this.made.has(port)) this.made.set(port, this.registry.create(port, this.manager));
    return this.made.get(port) as P;
  }

  afterCommit(callback: () => void): void {
    afterCommit(this.manager, callback);
  }
}

/** Until the transaction ends, the connection has the rights of an ordinary caller. */
async function enter(manager: EntityManager, { searchSpaceIds, userId }: Tenancy): Promise<void> {
  await manager.query(ENTER, [APP_ROLE, searchSpaceIds.join(','), userId ?? '']);
}

/**
 * A statement failed and its error was swallowed: COMMIT would roll back and yet report success. An error arrives before
 * the end of its statement, which alone tells the state: where that is still on its way, one more question waits for it.
 */
async function assertCommittable(manager: EntityManager): Promise<void> {
  const client = (await manager.queryRunner?.connect()) as
    (PoolClient & { readyForQuery?: boolean }) | undefined;
  if (!client?.readyForQuery) await manager.query('SELECT 1').catch(() => undefined);
  assert(
    client?.getTransactionStatus() === 'T',
    'a failed statement was ignored in a unit of work',
  );
}
