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

/** One that was paid with a card that was saved. */
export async function createPurchase(
  atelier: TestApplication,
  owner: { id: string },
  space: string,
): Promise<string> {
  const id = newId();
  await atelier.app.get(ManagedDataSource).query(
    `INSERT INTO credit_purchases (id, search_space_id, wallet_id, user_id, provider, checkout_id, customer_id,
       method_id, quantity, micros, amount_minor, currency, saves_method, source, status, transaction_id, completed_at)
     SELECT $1, search_space_id, id, $3, 'stripe', 'cs_' || $2::text, 'cus_1', 'pm_1', 1, 1000000, 100, 'usd', true, 'checkout',
            'completed', gen_random_uuid(), now()
       FROM accounts WHERE search_space_id = $2::uuid`,
    [id, space, owner.id],
  );
  return id;
}

/** A price of something that nobody asks for. */
export async function createPriceOverride(atelier: TestApplication): Promise<string> {
  const body = { provider: 'nobody', model: newId(), unit: 'image', price_micros: 1 };
  const path = '/api/v1/billing/prices/overrides';
  return (await must(atelier, 201, 'POST', path, body, operatorOf(atelier))).id;
}

export async function createPriceRule(atelier: TestApplication): Promise<string> {
  const body = { scope: 'route', route: newId(), multiplier_bp: 10_000 };
  const path = '/api/v1/billing/price-rules';
  return (await must(atelier, 201, 'POST', path, body, operatorOf(atelier))).id;
}
