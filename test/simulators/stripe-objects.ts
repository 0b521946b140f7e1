import { findField, type FormFields, toTexts } from './stripe-form.js';

export interface SimulatedPayment {
  id: string;
  object: 'payment_intent';
  amount: number;
  amount_received: number;
  currency: string;
  customer: string | null;
  payment_method: string | null;
  status: 'succeeded' | 'requires_payment_method' | 'processing' | 'canceled';
  metadata: Record<string, string>;
  last_payment_error: { code: string; decline_code: string | null } | null;
  cancellation_reason: string | null;
  created: number;
}

export interface SimulatedSession {
  id: string;
  object: 'checkout.session';
  url: string | null;
  status: 'open' | 'complete' | 'expired';
  payment_status: 'unpaid' | 'paid';
  amount_total: number;
  currency: string;
  client_reference_id: string | null;
  metadata: Record<string, string>;
  customer: string | null;
  customer_creation: 'always' | 'if_required';
  payment_intent: string | null;
  success_url: string;
  cancel_url: string;
  created: number;
}

/** What the payment of a session will be made with. */
export interface SessionPlan {
  paymentMetadata: Record<string, string>;
  savesMethod: boolean;
}

const MS_PER_S = 1_000;
const FORMS = { currency: /^[a-z]{3}$/, amount: /^[1-9]\d{0,10}$/ };

export function toSeconds(date = Date.now()): number {
  return Math.floor(date / MS_PER_S);
}

/** @returns a sentence when the request is one that Stripe refuses */
export function toSession(
  id: string,
  fields: FormFields,
): { session: SimulatedSession; plan: SessionPlan } | string {
  const item = (...path: string[]): string => findField(fields, 'line_items', '0', ...path) ?? '';
  const [quantity, unit] = [item('quantity'), item('price_data', 'unit_amount')];
  const currency = item('price_data', 'currency');
  if (findField(fields, 'mode') !== 'payment') return 'Invalid mode';
  if (!FORMS.amount.test(quantity) || !FORMS.amount.test(unit)) return 'Invalid integer';
  if (!FORMS.currency.test(currency)) return `Invalid currency: ${currency}`;
  if (!item('price_data', 'product_data', 'name')) return 'Missing required param: name.';
  const successUrl = findField(fields, 'success_url') ?? '';
  if (!URL.canParse(successUrl)) return 'Not a valid URL';
  const session: SimulatedSession = {
    id,
    object: 'checkout.session',
    url: `https://checkout.stripe.example/c/pay/${id}`,
    status: 'open',
    payment_status: 'unpaid',
    amount_total: Number(quantity) * Number(unit),
    currency,
    client_reference_id: findField(fields, 'client_reference_id') ?? null,
    metadata: toTexts(fields.metadata),
    customer: null,
    customer_creation:
      findField(fields, 'customer_creation') === 'always' ? 'always' : 'if_required',
    payment_intent: null,
    success_url: successUrl,
    cancel_url: findField(fields, 'cancel_url') ?? '',
    created: toSeconds(),
  };
  const intent = fields.payment_intent_data;
  const data = typeof intent === 'object' ? intent : {};
  const savesMethod = findField(data, 'setup_future_usage') === 'off_session';
  return { session, plan: { paymentMetadata: toTexts(data.metadata), savesMethod } };
}

export function toPayment(
  id: string,
  facts: Pick<SimulatedPayment, 'amount' | 'currency' | 'customer' | 'payment_method' | 'metadata'>,
  declineCode: string | null,
): SimulatedPayment {
  const isDeclined = declineCode !== null;
  return {
    id,
    object: 'payment_intent',
    ...facts,
    payment_method: isDeclined ? null : facts.payment_method,
    amount_received: isDeclined ? 0 : facts.amount,
    status: isDeclined ? 'requires_payment_method' : 'succeeded',
    last_payment_error: isDeclined ? { code: 'card_declined', decline_code: declineCode } : null,
    cancellation_reason: null,
    created: toSeconds(),
  };
}
