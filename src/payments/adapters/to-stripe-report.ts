import type { Stripe } from 'stripe';
import type { PaymentReport } from '../domain/payment-provider.port.js';

const FAILURE_UNNAMED = 'payment_failed';

/** How a checkout session stands; its payment must be expanded. */
export function toSessionReport(session: Stripe.Checkout.Session): PaymentReport {
  const payment = isObject(session.payment_intent) ? session.payment_intent : null;
  return {
    state: toSessionState(session, payment),
    purchaseId: session.client_reference_id ?? session.metadata?.purchase_id ?? null,
    checkoutId: session.id,
    paymentId: toId(session.payment_intent),
    amountMinor: session.amount_total,
    currency: session.currency,
    customerId: toId(session.customer),
    methodId: toId(payment?.payment_method),
    failure: toFailure(payment),
  };
}

/** How a payment without a checkout stands. */
export function toPaymentReport(payment: Stripe.PaymentIntent): PaymentReport {
  return {
    state: toPaymentState(payment),
    purchaseId: payment.metadata.purchase_id ?? null,
    checkoutId: null,
    paymentId: payment.id,
    amountMinor: payment.status === 'succeeded' ? payment.amount_received : payment.amount,
    currency: payment.currency,
    customerId: toId(payment.customer),
    methodId: toId(payment.payment_method),
    failure: toFailure(payment),
  };
}

/** A page that was left with a payment method that takes days may still fail: its payment wants another method then. */
function toSessionState(
  session: Stripe.Checkout.Session,
  payment: Stripe.PaymentIntent | null,
): PaymentReport['state'] {
  if (session.status === 'expired') return 'expired';
  if (session.payment_status === 'paid') return 'paid';
  if (session.status !== 'complete' || !payment) return 'open';
  const state = toPaymentState(payment);
  return state === 'paid' ? 'open' : state;
}

function toPaymentState({ status }: Stripe.PaymentIntent): PaymentReport['state'] {
  if (status === 'succeeded') return 'paid';
  // Off-session nobody is there to confirm, and what was refused wants another method.
  const isRefused = ['requires_payment_method', 'requires_action', 'canceled'].includes(status);
  return isRefused ? 'failed' : 'open';
}

function toFailure(payment: Stripe.PaymentIntent | null): string | null {
  const fault = payment?.last_payment_error;
  if (fault) return fault.decline_code ?? fault.code ?? FAILURE_UNNAMED;
  if (!payment || toPaymentState(payment) !== 'failed') return null;
  return payment.cancellation_reason ?? payment.status;
}

function toId(reference: string | { id: string } | null | undefined): string | null {
  return isObject(reference) ? reference.id : (reference ?? null);
}

function isObject<T extends object>(value: string | T | null | undefined): value is T {
  return typeof value === 'object' && value !== null;
}
