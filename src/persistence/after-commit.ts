import {
  type EntityManager,
  type EntitySubscriberInterface,
  EventSubscriber,
  type TransactionCommitEvent,
  type TransactionRollbackEvent,
} from 'typeorm';
import { assert } from '../common/assert.js';

const KEY = 'afterCommit';

/** Calls back once the manager's transaction is committed, before its opener goes on; never after a rollback. */
export function afterCommit(manager: EntityManager, callback: () => void): void {
  const runner = manager.queryRunner;
  assert(runner?.isTransactionActive, 'afterCommit outside a transaction');
  const data = runner.data as Record<string, (() => void)[] | undefined>;
  (data[KEY] ??= []).push(callback);
}

/** Tells the callbacks of `afterCommit`; TypeORM makes one per DataSource. */
@EventSubscriber()
export class AfterCommitSubscriber implements EntitySubscriberInterface {
  afterTransactionCommit({ queryRunner }: TransactionCommitEvent): void {
    // A savepoint was released; the transaction goes on.
    if (queryRunner.isTransactionActive) return;
    const data = queryRunner.data as Record<string, (() => void)[] | undefined>;
    const callbacks = data[KEY] ?? [];
    delete data[KEY];
    for (const callback of callbacks) callback();
  }

  afterTransactionRollback({ queryRunner }: TransactionRollbackEvent): void {
    if (!queryRunner.isTransactionActive) delete (queryRunner.data as Record<string, unknown>)[KEY];
  }
}
