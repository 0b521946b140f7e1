import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { DataSource, type EntityManager } from 'typeorm';
import { assert } from '../common/assert.js';
import { afterCommit } from './after-commit.js';
import { isTransactionRetryable } from './sql-error.js';
import { type PortToken, UnitOfWork, type WorkScope } from './unit-of-work.port.js';
import { WorkRegistry } from './work-registry.js';

const ATTEMPTS_MAX = 4;
/** First pause before another attempt; doubled each time and drawn at random, so that two rivals part. */
const RETRY_DELAY_MS = 10;

@Injectable()
export class TypeormUnitOfWork extends UnitOfWork {
  private readonly open = new AsyncLocalStorage<TypeormWorkScope>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly registry: WorkRegistry,
  ) {
    super();
  }

  async run<T>(work: (scope: WorkScope) => Promise<T>): Promise<T> {
    // On the embedded engine the inner one would wait for the outer one for ever.
    assert(!this.open.getStore()?.isOpen, 'a unit of work inside a unit of work');
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.attempt(work);
      } catch (error) {
        if (attempt >= ATTEMPTS_MAX || !isTransactionRetryable(error)) throw error;
        await delay(Math.random() * RETRY_DELAY_MS * 2 ** attempt);
      }
    }
  }

  private attempt<T>(work: (scope: WorkScope) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(async (manager) => {
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

/** A statement failed and its error was swallowed: COMMIT would roll back and yet report success. */
async function assertCommittable(manager: EntityManager): Promise<void> {
  const client = (await manager.queryRunner?.connect()) as PoolClient | undefined;
  assert(
    client?.getTransactionStatus() === 'T',
    'a failed statement was ignored in a unit of work',
  );
}
