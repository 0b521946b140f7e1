import type { PaymentsConfig } from './app-config.js';
import type { SettingValues } from './read-settings.js';

const CURRENCY_FORM = /^[a-z]{3}$/;

/** What the chosen provider needs beside it. */
export function checkPayments(values: SettingValues, faults: string[]): void {
  if (!CURRENCY_FORM.test(String(values.PAYMENT_CURRENCY))) {
    faults.push('PAYMENT_CURRENCY must be three lower-case letters such as usd');
  }
  const baseUrl = values.STRIPE_BASE_URL as string | null;
  if (baseUrl && URL.canParse(baseUrl) && new URL(baseUrl).origin !== baseUrl) {
    faults.push('STRIPE_BASE_URL must be an origin such as https://stripe.example.com');
  }
  if (values.PAYMENT_PROVIDER !== 'stripe') return;
  for (const name of ['STRIPE_SECRET_KEY', 'STRIPE_WEBHOOK_SECRET'] as const) {
    if (!values[name]) faults.push(`PAYMENT_PROVIDER=stripe needs ${name}`);
  }
}

export function toPayments(values: SettingValues): PaymentsConfig {
  const isStripe = values.PAYMENT_PROVIDER === 'stripe';
  return {
    currency: values.PAYMENT_CURRENCY as string,
    unitMinor: values.PAYMENT_UNIT_MINOR as number,
    returnUrl: values.PAYMENT_RETURN_URL as string | null,
    stripe: isStripe
      ? {
          secretKey: values.STRIPE_SECRET_KEY as string,
          webhookSecret: values.STRIPE_WEBHOOK_SECRET as string,
          baseUrl: values.STRIPE_BASE_URL as string | null,
        }
      : null,
  };
}
