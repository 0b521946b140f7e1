import { choice, integer, secret, text, url, type Setting } from './setting.js';

/** How credit is bought; `none` = only operators grant it. Part of the list in env.schema.ts. */
export const PAYMENT_SETTINGS = [
  choice(
    'PAYMENT_PROVIDER',
    'none',
    ['none', 'stripe'],
    'Who takes payments for credit (docs/money.md). `none`: operators grant credit.',
  ),
  text('PAYMENT_CURRENCY', 'usd', 'Currency of the price of credit: three lower-case letters.'),
  integer(
    'PAYMENT_UNIT_MINOR',
    100,
    1,
    1_000_000_000,
    'minor units',
    'Price of one unit of credit (1,000,000 micros) in the smallest unit of PAYMENT_CURRENCY, such as cents.',
  ),
  url(
    'PAYMENT_RETURN_URL',
    'Page that people come back to from the payment page, with purchase_id and outcome in its query. Default: PUBLIC_URL.',
  ),
  secret('STRIPE_SECRET_KEY', 8, 'Secret or restricted API key of the Stripe account.'),
  secret('STRIPE_WEBHOOK_SECRET', 8, 'Signing secret (whsec_…) of the webhook endpoint there.'),
  url(
    'STRIPE_BASE_URL',
    'Origin of a proxy or simulator in place of https://api.stripe.com. A private one also needs OUTBOUND_ALLOW.',
  ),
] as const satisfies readonly Setting[];
