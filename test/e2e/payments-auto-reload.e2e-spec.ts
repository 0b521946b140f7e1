/**
 * Proves that a wallet that runs low is filled with the saved card once, whatever gets lost on the way and however many
 * processes look, that a refused card ends it, and what is answered where no payment provider is configured.
 */
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SpaceWalletCloser } from '../../src/billing/space-wallet.closer.js';
import { newId } from '../../src/common/ids.js';
import { AutoReloadRunner } from '../../src/payments/auto-reload.runner.js';
import { PurchasesReconciler } from '../../src/payments/purchases.reconciler.js';
import { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { OutboxHandlers } from '../../src/persistence/outbox-handlers.js';
import {
  type Answer,
  request,
  startApplication,
  type TestApplication,
} from '../setup/application.js';
import { boot } from '../setup/delegated-application.js';
import { createPerson, createSpace, must, type Person } from '../setup/people.js';
import { databaseKinds } from '../setup/services.js';
import { StripeSimulator } from '../simulators/stripe.simulator.js';

const PURCHASES = '/api/v1/billing/purchases';
const AUTO_RELOAD = '/api/v1/billing/auto-reload';
const WEBHOOK = '/api/v1/payments/webhook/stripe';
const THRESHOLD_MICROS = 5_000_000;
const DELIVERY = { timeout: 30_000, interval: 20 };

let stripe: StripeSimulator;
/** Without a payment provider; then `apps` take its place on its database. */
let atelier: TestApplication;
let apps: { app: NestFastifyApplication; baseUrl: string }[] = [];
let anna: Person;
let space: string;
/** Kinds of events with the purchase they tell of. */
const told: string[] = [];

beforeAll(async () => {
  stripe = await StripeSimulator.start();
  atelier = await startApplication({ THROTTLE_RPM: '1000000' });
  anna = await createPerson(atelier, 'anna');
  space = await createSpace(atelier, anna, 0);
}, 120_000);
afterAll(async () => {
  for (const { app } of apps) await app.close();
  await atelier.database.drop();
  await stripe.stop();
});

describe('without a payment provider', () => {
  afterAll(async () => {
    await atelier.app.close();
  });

  it('nothing can be bought, and the answer says what to do', async () => {
    const rule = { enabled: true, threshold_micros: 1, quantity: 1, search_space_id: space };
    const requests: [method: string, path: string, body: object][] = [
      ['POST', PURCHASES, { search_space_id: space, quantity: 1 }],
      ['PUT', AUTO_RELOAD, rule],
      ['PUT', AUTO_RELOAD, { ...rule, enabled: false }],
      ['POST', WEBHOOK, {}],
    ];
    for (const [method, path, body] of requests) {
      expect(await atelier.call(method, path, body, anna.session)).toMatchObject({
        status: 503,
        body: {
          code: 'payments.not_configured',
          detail: expect.stringMatching(/operator.*PAYMENT_PROVIDER/),
        },
      });
    }
  });

  it('what there is can be read', async () => {
    const query = `?search_space_id=${space}`;
    const get = (path: string) => must(atelier, 200, 'GET', path, undefined, anna.session);
    expect(await get(`${PURCHASES}${query}`)).toEqual({ data: [], next_cursor: null });
    expect(await get(`${AUTO_RELOAD}${query}`)).toMatchObject({ enabled: false, quantity: null });
    expect(await atelier.app.get(AutoReloadRunner).runDue()).toBe(0);
    expect(await atelier.app.get(PurchasesReconciler).reconcile()).toBe(0);
  });
});

describe('auto-reload', () => {
  beforeAll(async () => {
    const { database, queue } = atelier.config;
    const settings = {
      ...atelier.database.environment,
      ...stripe.settings,
      DATABASE_URL: database.url ?? undefined,
      REDIS_URL: queue.redisUrl ?? undefined,
      REDIS_PREFIX: queue.redisPrefix,
      THROTTLE_RPM: '1000000',
      PORT: '0',
    };
    apps = [await boot(settings)];
    if (databaseKinds().includes('postgres')) apps.push(await boot(settings));
    for (const { app } of apps) {
      for (const kind of ['credit.purchased', 'auto_reload.declined']) {
        app.get(OutboxHandlers).on(kind, 'test', async ({ payload }) => {
          told.push(`${kind} ${String(payload.purchase_id)}`);
        });
      }
    }
  }, 120_000);

  beforeEach(async () => {
    const made = await call('POST', '/api/v1/search-spaces', { name: `Space ${newId()}` });
    space = made.body.id;
  });

  function call(method: string, path: string, body?: unknown): Promise<Answer> {
    return request(`${apps[0]!.baseUrl}${path}`, method, body, anna.session);
  }

  function sql<R>(text: string, values: unknown[] = []): Promise<R[]> {
    return apps[0]!.app.get(ManagedDataSource).query<R[]>(text, values);
  }

  /** Buys this much by hand, and keeps the card. */
  async function saveCard(quantity = 1): Promise<string> {
    const body = { search_space_id: space, quantity, save_payment_method: true };
    const { id } = (await call('POST', PURCHASES, body)).body;
    stripe.pay(id);
    expect((await call('POST', `${PURCHASES}/${id}/finalize`)).body.status).toBe('completed');
    return id;
  }

  function setRule(more: object = {}): Promise<Answer> {
    const rule = { enabled: true, threshold_micros: THRESHOLD_MICROS, quantity: 10 };
    return call('PUT', AUTO_RELOAD, { ...rule, search_space_id: space, ...more });
  }

  async function readRule(): Promise<Answer['body']> {
    return (await call('GET', `${AUTO_RELOAD}?search_space_id=${space}`)).body;
  }

  /** Those that the rule made, newest first. */
  async function listReloads(): Promise<Answer['body'][]> {
    const { body } = await call('GET', `${PURCHASES}?search_space_id=${space}`);
    return body.data.filter(({ source }: { source: string }) => source === 'auto_reload');
  }

  async function balance(): Promise<number> {
    const { body } = await call('GET', `/api/v1/billing/wallets?search_space_id=${space}`);
    return body.data[0].available_micros;
  }

  async function runEverywhere(): Promise<void> {
    const looks = [...apps, ...apps, ...apps].map(({ app }) => app.get(AutoReloadRunner).runDue());
    await Promise.all(looks);
  }

  async function passMinutes(minutes: number): Promise<void> {
    const back = `interval '${minutes} minutes'`;
    await sql(`UPDATE auto_reload_rules SET last_attempt_at = last_attempt_at - ${back}`);
    await sql(`UPDATE credit_purchases SET asked_at = asked_at - ${back}`);
  }

  async function reconcile(): Promise<void> {
    await Promise.all(apps.map(({ app }) => app.get(PurchasesReconciler).reconcile()));
  }

  it('needs a saved card, and a rule can be switched off and on', async () => {
    expect(await setRule()).toMatchObject({ status: 409, body: { code: 'request.conflict' } });
    await saveCard();
    expect((await setRule()).body).toEqual({
      enabled: true,
      threshold_micros: THRESHOLD_MICROS,
      quantity: 10,
      last_attempt_at: null,
      failed_at: null,
      failure: null,
    });
    expect((await setRule({ enabled: false, quantity: 7 })).status).toBe(200);
    expect(await readRule()).toMatchObject({ enabled: false, quantity: 7 });
    await runEverywhere();
    expect(await listReloads()).toEqual([]);
    for (const fault of [{ quantity: 0 }, { quantity: 10_001 }, { threshold_micros: 0 }]) {
      expect((await setRule(fault)).status).toBe(400);
    }
  });

  it('fills the wallet once though all processes look, and again after the cool-down', async () => {
    await saveCard();
    await setRule({ quantity: 2 });
    await runEverywhere();
    expect(await balance()).toBe(3_000_000);
    const [first] = await listReloads();
    expect(first).toMatchObject({ status: 'completed', quantity: 2, user_id: anna.id });
    await expect.poll(() => told, DELIVERY).toContain(`credit.purchased ${first.id}`);
    await runEverywhere();
    await passMinutes(9);
    await runEverywhere();
    expect(await listReloads()).toHaveLength(1);
    await passMinutes(2);
    await runEverywhere();
    expect(await balance()).toBe(5_000_000);
    await passMinutes(11);
    await runEverywhere();
    expect(await listReloads()).toHaveLength(2);
    for (const { id } of await listReloads()) expect(stripe.listPayments(id)).toHaveLength(1);
  });

  it('ends with a refused card: switched off, told, on the trail, and on again by hand', async () => {
    await saveCard();
    await setRule();
    stripe.declineNext('insufficient_funds');
    await runEverywhere();
    expect(await readRule()).toMatchObject({
      enabled: false,
      failed_at: expect.any(String),
      failure: 'insufficient_funds',
    });
    const [reload] = await listReloads();
    expect(reload).toMatchObject({ status: 'failed', failure: 'insufficient_funds' });
    await expect.poll(() => told, DELIVERY).toContain(`auto_reload.declined ${reload.id}`);
    const trail = await sql<{ action: string; actor_kind: string }>(
      `SELECT action, actor_kind FROM audit_events
        WHERE search_space_id = $1 AND target_type = 'auto_reload' ORDER BY id`,
      [space],
    );
    expect(trail).toEqual([
      { action: 'auto_reload.updated', actor_kind: 'user' },
      { action: 'auto_reload.declined', actor_kind: 'system' },
    ]);
    await passMinutes(11);
    await runEverywhere();
    expect(await listReloads()).toHaveLength(1);
    expect((await setRule()).body).toMatchObject({ enabled: true, failed_at: null });
    await runEverywhere();
    expect(await balance()).toBe(11_000_000);
  });

  it('ends with a card that Stripe does not have any more', async () => {
    await saveCard();
    await setRule();
    stripe.forgetMethods();
    await runEverywhere();
    expect(await readRule()).toMatchObject({ enabled: false, failure: 'resource_missing' });
    await saveCard();
    await setRule();
    await passMinutes(11);
    await runEverywhere();
    expect(await balance()).toBe(12_000_000);
  });

  it('whose process died after the charge is fulfilled by the reconciler, and charged once', async () => {
    await saveCard();
    await setRule();
    stripe.failNext('cut_after', 2);
    await runEverywhere();
    const [reload] = await listReloads();
    expect(reload).toMatchObject({ status: 'pending' });
    expect(stripe.listPayments(reload.id)).toHaveLength(1);
    await passMinutes(11);
    await runEverywhere();
    await reconcile();
    expect(await listReloads()).toMatchObject([{ id: reload.id, status: 'completed' }]);
    expect(stripe.listPayments(reload.id)).toHaveLength(1);
    expect(await balance()).toBe(11_000_000);
  });

  it('whose process died before the charge costs nothing and is tried again', async () => {
    await saveCard();
    await setRule();
    stripe.failNext('cut', 2);
    await runEverywhere();
    await passMinutes(11);
    await reconcile();
    const [reload] = await listReloads();
    expect(reload).toMatchObject({ status: 'failed', failure: 'not_charged' });
    expect(stripe.listPayments(reload.id)).toEqual([]);
    expect(await readRule()).toMatchObject({ enabled: true });
    await runEverywhere();
    expect((await listReloads())[0]).toMatchObject({ status: 'completed' });
    expect(await balance()).toBe(11_000_000);
  });

  it('whose refusal was lost on the way is switched off by the reconciler', async () => {
    await saveCard();
    await setRule();
    stripe.declineNext('card_velocity_exceeded');
    stripe.failNext('cut_after', 2);
    await runEverywhere();
    await passMinutes(11);
    await reconcile();
    expect(await readRule()).toMatchObject({
      enabled: false,
      failure: 'card_velocity_exceeded',
    });
    expect(await balance()).toBe(1_000_000);
  });

  it('is fulfilled by late news of a charge that was given up', async () => {
    await saveCard();
    await setRule();
    stripe.failNext('cut_after', 2);
    await runEverywhere();
    const [{ id }] = await listReloads();
    await sql(`UPDATE credit_purchases SET status = 'failed' WHERE id = $1`, [id]);
    const event = stripe.toEvent('payment_intent.succeeded', stripe.listPayments(id)[0]!);
    for (const { baseUrl } of apps) expect(await stripe.deliver(baseUrl, event)).toBe(200);
    expect(await listReloads()).toMatchObject([{ id, status: 'completed' }]);
    expect(await balance()).toBe(11_000_000);
  });

  it('charges nobody for a space that is being deleted, and grants nothing to a closed wallet', async () => {
    await saveCard();
    const { body: bought } = await call('POST', PURCHASES, {
      search_space_id: space,
      quantity: 1,
    });
    await setRule();
    await sql(
      `UPDATE search_spaces SET state = 'deleting', deletion_requested_at = now() WHERE id = $1`,
      [space],
    );
    await runEverywhere();
    await apps[0]!.app.get(SpaceWalletCloser).close(space);
    const event = stripe.toEvent('checkout.session.completed', stripe.pay(bought.id));
    expect(await stripe.deliver(apps[0]!.baseUrl, event)).toBe(200);
    const [row] = await sql(`SELECT status, failure FROM credit_purchases WHERE id = $1`, [
      bought.id,
    ]);
    expect(row).toEqual({ status: 'failed', failure: 'wallet_closed' });
    const reloads = await sql(
      `SELECT id FROM credit_purchases WHERE search_space_id = $1 AND source = 'auto_reload'`,
      [space],
    );
    expect(reloads).toEqual([]);
  });
});
