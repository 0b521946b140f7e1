/** What operators look at in the books, made past the routes where none makes it. */
import { newId } from '../../../src/common/ids.js';
import { ManagedDataSource } from '../../../src/persistence/managed-data-source.js';
import type { TestApplication } from '../../setup/application.js';
import { must, operatorOf } from '../../setup/people.js';

/** Proves the books, so that there is a proof. */
export async function prove(atelier: TestApplication): Promise<void> {
  await must(atelier, 200, 'POST', '/api/v1/billing/proof', undefined, operatorOf(atelier));
}

/** As a call that was interrupted leaves one. */
export async function createReconciliationItem(atelier: TestApplication): Promise<string> {
  const id = newId();
  await atelier.app
    .get(ManagedDataSource)
    .query(`INSERT INTO reconciliation_items (id, reason) VALUES ($1, 'interrupted')`, [id]);
  return id;
}
