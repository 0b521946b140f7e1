/**
 * Proves that a saved card is charged once for a purchase though its process is killed while the charge is under way:
 * the next one finds it at the provider and grants it.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, request } from '../setup/application.js';
import { ADMIN_PASSWORD, createInstallation, type Installation } from '../setup/installation.js';
import { installationKind } from '../setup/services.js';
import { ServiceProcess } from '../setup/service-process.js';
import { type StripeCall, StripeSimulator } from '../simulators/stripe.simulator.js';

const EMAIL = 'operator@example.com';
const PURCHASES = '/api/v1/billing/purchases';
const WAIT = { timeout: 30_000, interval: 50 };
const TIMEOUT_MS = 180_000;
const UNIT_MICROS = 1_000_000;
const RELOAD_UNITS = 5;

const kind = installationKind();

function isCharge({ method, path }: StripeCall): boolean {
  return method === 'POST' && path === '/v1/payment_intents';
}

describe(`kill -9 during a charge on the ${kind} set`, () => {
  let stripe: StripeSimulator;
  let installation: Installation;
  let service: ServiceProcess;
  let session: Record<string, string>;

  beforeAll(async () => {
    stripe = await StripeSimulator.start();
    installation = await createInstallation(kind, {
      ...stripe.settings,
      BOOTSTRAP_ADMIN_EMAIL: EMAIL,
      BOOTSTRAP_CREDIT_MICROS: '0',
    });
  });

  afterAll(async () => {
    await service?.kill();
    await stripe?.stop();
    await installation?.drop();
  });

  async function call(method: string, path: string, body?: unknown): Promise<Answer['body']> {
    const answer = await request(`${service.baseUrl}${path}`, method, body, session);
    expect(answer).toMatchObject({ status: expect.toSatisfy((status: number) => status < 300) });
    return answer.body;
  }

  async function logIn(): Promise<void> {
    session = {};
    const login = { email: EMAIL, password: ADMIN_PASSWORD };
    const { access_token: token } = await call('POST', '/api/v1/auth/login', login);
    session = { authorization: `Bearer ${token}` };
  }

  /** A new space whose rule is due at once. */
  async function makeDue(): Promise<string> {
    const { id: space } = await call('POST', '/api/v1/search-spaces', { name: 'Charged' });
    const credit = { search_space_id: space, quantity: 1, save_payment_method: true };
    const { id } = await call('POST', PURCHASES, credit);
    stripe.pay(id);
    await call('POST', `${PURCHASES}/${id}/finalize`, {});
    const rule = { enabled: true, threshold_micros: 2 * UNIT_MICROS, quantity: RELOAD_UNITS };
    await call('PUT', '/api/v1/billing/auto-reload', { search_space_id: space, ...rule });
    return space;
  }

  /** The rules are looked at when a process starts. Dies after the charge, before its answer. */
  async function dieCharging(): Promise<void> {
    await service.kill();
    stripe.failNext('hang_after');
    service = await ServiceProcess.start(installation.settings);
    await expect.poll(() => stripe.calls.filter(isCharge), WAIT).toHaveLength(1);
    await service.kill();
  }

  /** While no process runs; answers the purchases that rules made. */
  function passMinutes(minutes: number): Promise<{ id: string; status: string }[]> {
    return installation.inspect(async (query) => {
      const back = `interval '${minutes} minutes'`;
      await query(`UPDATE credit_purchases SET asked_at = asked_at - ${back}`);
      await query(`UPDATE auto_reload_rules SET last_attempt_at = last_attempt_at - ${back}`);
      return query(`SELECT id, status FROM credit_purchases WHERE source = 'auto_reload'`);
    });
  }

  async function readReloads(space: string): Promise<Answer['body'][]> {
    const { data } = await call('GET', `${PURCHASES}?search_space_id=${space}`);
    return data.filter(({ source }: { source: string }) => source === 'auto_reload');
  }

  it('grants what was charged, and charges it once', { timeout: TIMEOUT_MS }, async () => {
    service = await ServiceProcess.start(installation.settings);
    await logIn();
    const space = await makeDue();
    await dieCharging();
    const [reload] = await passMinutes(11);
    expect(reload).toMatchObject({ status: 'pending' });
    expect(stripe.listPayments(String(reload?.id))).toHaveLength(1);
    service = await ServiceProcess.start(installation.settings);
    await expect
      .poll(() => readReloads(space), WAIT)
      .toMatchObject([{ id: reload?.id, status: 'completed' }]);
    expect(stripe.listPayments(String(reload?.id))).toHaveLength(1);
    const wallets = await call('GET', `/api/v1/billing/wallets?search_space_id=${space}`);
    expect(wallets.data[0].available_micros).toBe((1 + RELOAD_UNITS) * UNIT_MICROS);
  });
});
