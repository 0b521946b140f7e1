/** Proves that payments are off by default, and that what a provider needs is asked for at the start. */
import { describe, expect, it } from 'vitest';
import { ConfigError } from './config.errors.js';
import { loadConfig } from './load-config.js';

const SECRETS = {
  JWT_SECRET: 'x'.repeat(32),
  LINK_SECRET: 'x'.repeat(32),
  ENCRYPTION_SECRET: 'x'.repeat(32),
};
const STRIPE = {
  PAYMENT_PROVIDER: 'stripe',
  STRIPE_SECRET_KEY: 'sk_test_0123456789',
  STRIPE_WEBHOOK_SECRET: 'whsec_0123456789',
};

function listFaults(settings: Record<string, string | undefined>): readonly string[] {
  try {
    loadConfig({ ...SECRETS, ...settings });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
}

describe('payments', () => {
  it('are off by default, also where the keys of a provider lie about', () => {
    expect(loadConfig({ ...SECRETS, ...STRIPE, PAYMENT_PROVIDER: 'none' }).payments).toEqual({
      currency: 'usd',
      unitMinor: 100,
      returnUrl: null,
      stripe: null,
    });
  });

  it('by Stripe have its two secrets', () => {
    expect(loadConfig({ ...SECRETS, ...STRIPE }).payments.stripe).toEqual({
      secretKey: STRIPE.STRIPE_SECRET_KEY,
      webhookSecret: STRIPE.STRIPE_WEBHOOK_SECRET,
      baseUrl: null,
    });
    for (const name of ['STRIPE_SECRET_KEY', 'STRIPE_WEBHOOK_SECRET']) {
      expect(listFaults({ ...STRIPE, [name]: undefined }).join()).toContain(name);
    }
  });

  it.each([
    ['PAYMENT_CURRENCY', 'USD'],
    ['PAYMENT_CURRENCY', 'dollars'],
    ['PAYMENT_UNIT_MINOR', '0'],
    ['PAYMENT_UNIT_MINOR', '1.5'],
    ['STRIPE_BASE_URL', 'https://stripe.example.com/v1'],
    ['PAYMENT_RETURN_URL', 'javascript:alert(1)'],
    ['PAYMENT_PROVIDER', 'paypal'],
  ])('are refused with %s=%s', (name, value) => {
    expect(listFaults({ ...STRIPE, [name]: value }).join()).toContain(name);
  });
});
