/**
 * Proves that credit is bought once and for the price that was asked, whoever brings the news of the payment and how
 * often, that nobody else can finish a purchase, and that forged news change nothing. Stripe's own package is the client.
 */
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { PurchasesReconciler } from '../../src/payments/purchases.reconciler.js';
import { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { type Answer, startApplication, type TestApplication } from '../setup/application.js';
import { boot } from '../setup/delegated-application.js';
import {
  addMember,
  createPerson,
  createSpace,
  must,
  operatorOf,
  type Person,
} from '../setup/people.js';
import { databaseKinds } from '../setup/services.js';
import { StripeSimulator } from '../simulators/stripe.simulator.js';

const PURCHASES = '/api/v1/billing/purchases';
const COMPLETED = 'checkout.session.completed';
const UNIT_MINOR = 120;
const RACES = 25;

let stripe: StripeSimulator;
let atelier: TestApplication;
let settings: Record<string, string>;
/** A second process on the same services; the embedded set has but one. */
let other: { app: NestFastifyApplication; baseUrl: string } | null = null;
let anna: Person;
let space: string;

beforeAll(async () => {
  stripe = await StripeSimulator.start();
  settings = {
    ...stripe.settings,
    PAYMENT_UNIT_MINOR: String(UNIT_MINOR),
    PAYMENT_RETURN_URL: 'https://app.example.com/credit?tab=1',
    THROTTLE_RPM: '1000000',
  };
  atelier = await startApplication(settings);
  if (databaseKinds().includes('postgres')) {
    const { database, queue } = atelier.config;
    other = await boot({
      ...atelier.database.environment,
      ...settings,
      DATABASE_URL: database.url ?? undefined,
      REDIS_URL: queue.redisUrl ?? undefined,
      REDIS_PREFIX: queue.redisPrefix,
      PORT: '0',
    });
  }
  anna = await createPerson(atelier, 'anna');
}, 120_000);
afterAll(async () => {
  await other?.app.close();
  await atelier.stop();
  await stripe.stop();
});
beforeEach(async () => {
  space = await createSpace(atelier, anna, 0);
});

const bases = () => [atelier.baseUrl, other?.baseUrl ?? atelier.baseUrl];

function buy(quantity: number, more: object = {}): Promise<Answer['body']> {
  const body = { search_space_id: space, quantity, ...more };
  return must(atelier, 201, 'POST', PURCHASES, body, anna.session);
}

function read(id: string): Promise<Answer['body']> {
  return must(atelier, 200, 'GET', `${PURCHASES}/${id}`, undefined, anna.session);
}

function finalize(id: string, as = anna.session): Promise<Answer> {
  return atelier.call('POST', `${PURCHASES}/${id}/finalize`, {}, as);
}

async function balance(): Promise<number> {
  const path = `/api/v1/billing/wallets?search_space_id=${space}`;
  return (await must(atelier, 200, 'GET', path, undefined, anna.session)).data[0].available_micros;
}

function sql<R>(text: string, values: unknown[] = []): Promise<R[]> {
  return atelier.app.get(ManagedDataSource).query<R[]>(text, values);
}

/** As if so long had passed since the provider was asked. */
async function reconcileLate(id: string, app = atelier.app): Promise<void> {
  await sql(`UPDATE credit_purchases SET asked_at = now() - interval '11 minutes' WHERE id = $1`, [
    id,
  ]);
  await app.get(PurchasesReconciler).reconcile();
}

async function audited(id: string): Promise<string[]> {
  const rows = await sql<{ action: string }>(
    'SELECT action FROM audit_events WHERE target_id = $1 ORDER BY id',
    [id],
  );
  return rows.map(({ action }) => action);
}

describe('a purchase', () => {
  it('leads to a page with its price, and comes back to ours', async () => {
    const bought = await buy(10);
    expect(bought).toMatchObject({
      search_space_id: space,
      user_id: anna.id,
      quantity: 10,
      credit_micros: 10_000_000,
      amount_minor: 10 * UNIT_MINOR,
      currency: 'usd',
      status: 'pending',
      transaction_id: null,
    });
    const session = stripe.findSession(bought.id);
    expect(session).toMatchObject({ amount_total: 10 * UNIT_MINOR, url: bought.checkout_url });
    expect(session.success_url).toBe(
      `https://app.example.com/credit?tab=1&purchase_id=${bought.id}&outcome=success`,
    );
    expect((await finalize(bought.id)).body).toMatchObject({ status: 'pending' });
    expect(await balance()).toBe(0);
  });

  it('sent again with its id is the same page, and with another content a conflict', async () => {
    const purchase_id = newId();
    const first = await buy(3, { purchase_id });
    expect(await buy(3, { purchase_id })).toMatchObject({
      id: purchase_id,
      checkout_url: first.checkout_url,
    });
    const body = { search_space_id: space, quantity: 4, purchase_id };
    expect((await atelier.call('POST', PURCHASES, body, anna.session)).status).toBe(409);
    const abroad = { ...body, quantity: 3, search_space_id: await createSpace(atelier, anna, 0) };
    expect((await atelier.call('POST', PURCHASES, abroad, anna.session)).status).toBe(409);
    stripe.findSession(purchase_id);
  });

  it('whose page could not be made is not lost: the same id makes it', async () => {
    const purchase_id = newId();
    const body = { search_space_id: space, quantity: 3, purchase_id };
    stripe.failNext('cut_after', 2);
    const failed = await atelier.call('POST', PURCHASES, body, anna.session);
    expect(failed).toMatchObject({ status: 502, body: { code: 'payments.provider_failed' } });
    expect(await buy(3, { purchase_id })).toMatchObject({ id: purchase_id, status: 'pending' });
    // Made once at Stripe, whose answer got lost.
    stripe.findSession(purchase_id);
  });

  it.each([[0], [10_001], [1.5], ['3']])('of %s units is refused', async (quantity) => {
    const body = { search_space_id: space, quantity };
    const answer = await atelier.call('POST', PURCHASES, body, anna.session);
    expect(answer).toMatchObject({ status: 400, body: { code: 'request.invalid' } });
  });

  it('is listed for the space, newest first', async () => {
    const ids = [(await buy(1)).id, (await buy(2)).id, (await buy(3)).id];
    const path = `${PURCHASES}?search_space_id=${space}&limit=2`;
    const first = await must(atelier, 200, 'GET', path, undefined, anna.session);
    expect(first.data.map(({ id }: { id: string }) => id)).toEqual([ids[2], ids[1]]);
    const next = `${path}&cursor=${first.next_cursor}`;
    const second = await must(atelier, 200, 'GET', next, undefined, anna.session);
    expect(second).toMatchObject({ data: [{ id: ids[0] }], next_cursor: null });
    expect(JSON.stringify([first, second])).not.toContain('checkout_url');
  });

  it('is nobody else’s to finish: of the space, of another one, by an operator', async () => {
    space = atelier.spaceId;
    const body = { search_space_id: space, quantity: 1 };
    const bought = await must(atelier, 201, 'POST', PURCHASES, body, operatorOf(atelier));
    stripe.pay(bought.id);
    const bert = await createPerson(atelier, `bert-${newId().slice(-8)}`);
    for (const session of [anna.session, bert.session]) {
      expect((await finalize(bought.id, session)).status).toBe(404);
    }
    await addMember(atelier, bert, 'Viewer');
    expect((await finalize(bought.id, bert.session)).status).toBe(403);
    expect((await finalize(newId())).status).toBe(404);
    expect((await finalize(bought.id, operatorOf(atelier))).body.status).toBe('completed');
  });
});

describe('a payment', () => {
  it('is granted once, though webhooks, success page and reconcilers of all processes race', async () => {
    for (let race = 0; race < RACES; race += 1) {
      const { id } = await buy(2);
      const event = stripe.toEvent(COMPLETED, stripe.pay(id));
      const rivals = bases().flatMap((baseUrl, index) => [
        stripe.deliver(baseUrl, event).then((status) => expect(status).toBe(200)),
        stripe.deliver(baseUrl, event).then((status) => expect(status).toBe(200)),
        fetch(`${baseUrl}${PURCHASES}/${id}/finalize`, {
          method: 'POST',
          headers: anna.session,
        }).then(async (answer) =>
          expect(await answer.json()).toMatchObject({ status: 'completed' }),
        ),
        reconcileLate(id, index === 0 ? atelier.app : other?.app),
      ]);
      await Promise.all(rivals);
      expect(await balance()).toBe(2_000_000 * (race + 1));
      expect(await audited(id)).toEqual(['credit_purchase.created', 'credit_purchase.completed']);
    }
    const [grants] = await sql<{ count: number }>(
      `SELECT count(*)::int AS count FROM ledger_transactions t
         JOIN credit_purchases p ON p.transaction_id = t.id WHERE p.search_space_id = $1`,
      [space],
    );
    expect(grants?.count).toBe(RACES);
  }, 120_000);

  it('shows in the ledger under the transaction that the purchase names', async () => {
    const { id, wallet_id: wallet } = await buy(5);
    stripe.pay(id);
    const { body } = await finalize(id);
    expect(body).toMatchObject({ status: 'completed', completed_at: expect.any(String) });
    const path = `/api/v1/billing/wallets/${wallet}/ledger`;
    const { data } = await must(atelier, 200, 'GET', path, undefined, anna.session);
    expect(data[0]).toMatchObject({ id: body.transaction_id, reference: `purchase ${id}` });
  });

  it.each([
    ['less money', { amount_total: 1 }],
    ['more money', { amount_total: 100_000 }],
    ['another currency', { currency: 'jpy' }],
    ['another purchase', { client_reference_id: newId() }],
  ])('of %s is not granted but kept for a person to look at', async (_what, lie) => {
    const { id } = await buy(2);
    const honest = stripe.toEvent(COMPLETED, stripe.findSession(id));
    stripe.pay(id, lie);
    expect(await stripe.deliver(atelier.baseUrl, honest)).toBe(200);
    expect((await finalize(id)).body).toMatchObject({
      status: 'failed',
      failure: 'amount_mismatch',
    });
    expect(await balance()).toBe(0);
    expect(await audited(id)).toEqual(['credit_purchase.created', 'credit_purchase.failed']);
  });

  it('that failed after days, or a page that expired, ends the purchase', async () => {
    const [failed, expired] = [(await buy(1)).id, (await buy(1)).id];
    const events = [
      stripe.toEvent('checkout.session.async_payment_failed', stripe.payInVain(failed)),
      stripe.toEvent('checkout.session.expired', stripe.expire(expired)),
    ];
    for (const event of events) expect(await stripe.deliver(atelier.baseUrl, event)).toBe(200);
    expect(await read(failed)).toMatchObject({
      status: 'failed',
      failure: 'debit_not_authorized',
    });
    expect(await read(expired)).toMatchObject({ status: 'expired' });
  });

  it('is found by the reconciler when nobody brings news, and so is a page that expired', async () => {
    const [paid, expired, open] = [(await buy(1)).id, (await buy(1)).id, (await buy(1)).id];
    stripe.pay(paid);
    stripe.expire(expired);
    const asked = stripe.calls.length;
    await atelier.app.get(PurchasesReconciler).reconcile();
    expect(stripe.calls.slice(asked)).toEqual([]);
    for (const id of [paid, expired, open]) await reconcileLate(id);
    expect(await read(paid)).toMatchObject({ status: 'completed' });
    expect(await read(expired)).toMatchObject({ status: 'expired' });
    expect(await read(open)).toMatchObject({ status: 'pending' });
    expect(await balance()).toBe(1_000_000);
  });

  it('of a page that was never made cannot come: the row expires', async () => {
    const purchase_id = newId();
    stripe.failNext('cut', 2);
    const body = { search_space_id: space, quantity: 3, purchase_id };
    expect((await atelier.call('POST', PURCHASES, body, anna.session)).status).toBe(502);
    await reconcileLate(purchase_id);
    expect(await read(purchase_id)).toMatchObject({ status: 'expired', failure: 'not_charged' });
    expect((await atelier.call('POST', PURCHASES, body, anna.session)).status).toBe(409);
  });

  it('counts even when the purchase was given up before the news came', async () => {
    const { id } = await buy(1);
    await sql(`UPDATE credit_purchases SET status = 'expired' WHERE id = $1`, [id]);
    const event = stripe.toEvent('checkout.session.async_payment_succeeded', stripe.pay(id));
    expect(await stripe.deliver(atelier.baseUrl, event)).toBe(200);
    expect(await read(id)).toMatchObject({ status: 'completed' });
  });
});

describe('news', () => {
  it('without a signature, with a wrong or an old one, or changed on the way, change nothing', async () => {
    const { id } = await buy(2);
    const event = stripe.toEvent(COMPLETED, stripe.pay(id));
    const webhook = '/api/v1/payments/webhook/stripe';
    const json = { 'content-type': 'application/json' };
    expect(await atelier.call('POST', webhook, event, json)).toMatchObject({
      status: 400,
      body: { code: 'payments.signature_invalid' },
    });
    const hourAgoS = Math.floor(Date.now() / 1_000) - 3_600;
    const forgeries: [body: string, signature: string][] = [
      [event, 'nonsense'],
      [event, stripe.sign(event, 'whsec_of_somebody_else')],
      [event, stripe.sign(event, undefined, hourAgoS)],
      [event.replace('"livemode":false', '"livemode":true '), stripe.sign(event)],
      [`${event} `, stripe.sign(event)],
    ];
    for (const [body, signature] of forgeries) {
      expect(await stripe.deliver(atelier.baseUrl, body, signature)).toBe(400);
    }
    expect(await read(id)).toMatchObject({ status: 'pending' });
    // Characters of several bytes: the signature is over bytes.
    const spaced = event.replace('"livemode":false', '"livemode":  false,"note":"ü€😀"');
    expect(await stripe.deliver(atelier.baseUrl, spaced)).toBe(200);
    expect(await balance()).toBe(2_000_000);
  });

  it('that are old, repeated or out of order change nothing', async () => {
    const { id } = await buy(2);
    const before = { ...stripe.findSession(id), status: 'expired' };
    const paid = stripe.toEvent(COMPLETED, stripe.pay(id));
    const expired = stripe.toEvent('checkout.session.expired', before);
    for (const event of [paid, expired, paid, expired]) {
      expect(await stripe.deliver(atelier.baseUrl, event)).toBe(200);
    }
    expect(await read(id)).toMatchObject({ status: 'completed' });
    expect(await balance()).toBe(2_000_000);
  });

  it('of what is not ours are received and left', async () => {
    const { id } = await buy(2);
    const asked = stripe.calls.length;
    const strangers = [
      stripe.toEvent('customer.created', { id: 'cus_1', object: 'customer' }),
      stripe.toEvent('payout.paid', {
        id: 'po_1',
        object: 'payout',
        metadata: { purchase_id: id },
      }),
      stripe.toEvent(COMPLETED, { id: 'cs_1', client_reference_id: newId() }),
      stripe.toEvent(COMPLETED, { id: 'cs_1', client_reference_id: 'order 17' }),
      stripe.toEvent(COMPLETED, { id: 'cs_1' }),
    ];
    for (const event of strangers) expect(await stripe.deliver(atelier.baseUrl, event)).toBe(200);
    expect(stripe.calls.slice(asked)).toEqual([]);
  });

  it('come again when Stripe could not be asked', async () => {
    const { id } = await buy(2);
    const event = stripe.toEvent(COMPLETED, stripe.pay(id));
    stripe.failNext('status=500', 2);
    expect(await stripe.deliver(atelier.baseUrl, event)).toBe(502);
    expect(await stripe.deliver(atelier.baseUrl, event)).toBe(200);
    expect(await balance()).toBe(2_000_000);
  });

  it('of another provider, or too many bytes of them, are refused', async () => {
    const json = { 'content-type': 'application/json' };
    const webhook = '/api/v1/payments/webhook';
    expect((await atelier.call('POST', `${webhook}/other`, '{}', json)).status).toBe(404);
    const large = JSON.stringify({ x: 'x'.repeat(70_000) });
    expect((await atelier.call('POST', `${webhook}/stripe`, large, json)).status).toBe(413);
  });
});
