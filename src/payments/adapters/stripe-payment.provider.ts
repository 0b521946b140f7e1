import { Stripe } from 'stripe';
import type { StripeConfig } from '../../config/app-config.js';
import {
  type ChargeQuestion,
  type Checkout,
  type CheckoutRequest,
  type PaymentNotice,
  PaymentProvider,
  type PaymentReport,
  type SavedCharge,
  type WebhookHeaders,
} from '../domain/payment-provider.port.js';
import { providerFailed, signatureInvalid } from '../domain/payments.errors.js';
import { toPaymentReport, toSessionReport } from './to-stripe-report.js';

/** Of one attempt. Two of them end long before the reconciler asks what became of a charge. */
const TIMEOUT_MS = 20_000;
const RETRIES_MAX = 1;
/** Clocks differ; a charge is not older than its row by more. */
const SKEW_S = 300;
const MS_PER_S = 1_000;
const CHARGES_LISTED_MAX = 100;
const PRODUCT_NAME = 'Credit';
const SIGNATURE_HEADER = 'stripe-signature';
/** Unlike 409, with which Stripe says that the same request is being worked on. */
const FINAL_STATUSES: ReadonlySet<number> = new Set([400, 402, 404]);

const SESSION_EVENTS: ReadonlySet<string> = new Set([
  'checkout.session.completed',
  'checkout.session.async_payment_succeeded',
  'checkout.session.async_payment_failed',
  'checkout.session.expired',
]);
const PAYMENT_EVENTS: ReadonlySet<string> = new Set([
  'payment_intent.succeeded',
  'payment_intent.payment_failed',
  'payment_intent.canceled',
]);

/** Stripe's Checkout for those who are there, its saved cards for auto-reload. */
export class StripePaymentProvider extends PaymentProvider {
  readonly name = 'stripe';
  readonly isConfigured = true;
  private readonly stripe: Stripe;

  /** @param guardedFetch reaches only what the outbound guard lets through. */
  constructor(
    private readonly config: StripeConfig,
    guardedFetch: typeof fetch,
  ) {
    super();
    this.stripe = new Stripe(config.secretKey, {
      ...toAddress(config.baseUrl),
      httpClient: Stripe.createFetchHttpClient(guardedFetch),
      timeout: TIMEOUT_MS,
      maxNetworkRetries: RETRIES_MAX,
      telemetry: false,
    });
  }

  async createCheckout(request: CheckoutRequest): Promise<Checkout> {
    const metadata = { purchase_id: request.purchaseId };
    const session = await this.ask(() =>
      this.stripe.checkout.sessions.create(
        {
          mode: 'payment',
          client_reference_id: request.purchaseId,
          metadata,
          line_items: [
            {
              quantity: request.quantity,
              price_data: {
                currency: request.currency,
                unit_amount: request.unitMinor,
                product_data: { name: PRODUCT_NAME },
              },
            },
          ],
          payment_intent_data: {
            metadata,
            ...(request.savesMethod && { setup_future_usage: 'off_session' as const }),
          },
          ...(request.savesMethod && { customer_creation: 'always' as const }),
          success_url: request.successUrl,
          cancel_url: request.cancelUrl,
        },
        { idempotencyKey: `checkout-${request.purchaseId}` },
      ),
    );
    if (!session.url) throw providerFailed(new Error('a checkout session without a page'));
    return { id: session.id, url: session.url };
  }

  async findCheckout(checkoutId: string): Promise<PaymentReport> {
    const expand = ['payment_intent'];
    return toSessionReport(
      await this.ask(() => this.stripe.checkout.sessions.retrieve(checkoutId, { expand })),
    );
  }

  async chargeSaved(charge: SavedCharge): Promise<PaymentReport> {
    try {
      const payment = await this.stripe.paymentIntents.create(
        {
          amount: charge.amountMinor,
          currency: charge.currency,
          customer: charge.customerId,
          payment_method: charge.methodId,
          metadata: { purchase_id: charge.purchaseId },
          off_session: true,
          confirm: true,
        },
        { idempotencyKey: charge.idempotencyKey },
      );
      return toPaymentReport(payment);
    } catch (error) {
      const refusal = toRefusal(error, charge);
      if (refusal) return refusal;
      throw providerFailed(error);
    }
  }

  /** By the payer's list: unlike the search it shows a payment the moment it is made. */
  async findCharge(question: ChargeQuestion): Promise<PaymentReport | null> {
    const { paymentId, customerId, purchaseId, since } = question;
    if (paymentId !== null) {
      return toPaymentReport(await this.ask(() => this.stripe.paymentIntents.retrieve(paymentId)));
    }
    const gte = Math.floor(since.getTime() / MS_PER_S) - SKEW_S;
    const { data } = await this.ask(() =>
      this.stripe.paymentIntents.list({
        customer: customerId,
        created: { gte },
        limit: CHARGES_LISTED_MAX,
      }),
    );
    const own = data.filter(({ metadata }) => metadata.purchase_id === purchaseId);
    const found = own.find(({ status }) => status === 'succeeded') ?? own[0];
    return found ? toPaymentReport(found) : null;
  }

  parseWebhook(body: string, headers: WebhookHeaders): PaymentNotice | null {
    const signature = headers[SIGNATURE_HEADER];
    if (typeof signature !== 'string') throw signatureInvalid();
    const event = this.verify(body, signature);
    const object = event.data.object as {
      id: string;
      client_reference_id?: string | null;
      metadata?: Record<string, string> | null;
    };
    const purchaseId = object.client_reference_id ?? object.metadata?.purchase_id ?? null;
    if (purchaseId === null) return null;
    if (SESSION_EVENTS.has(event.type)) return { purchaseId, checkoutId: object.id };
    return PAYMENT_EVENTS.has(event.type) ? { purchaseId, checkoutId: null } : null;
  }

  private verify(body: string, signature: string): Stripe.Event {
    try {
      return this.stripe.webhooks.constructEvent(body, signature, this.config.webhookSecret);
    } catch (error) {
      throw signatureInvalid(error);
    }
  }

  private async ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (error) {
      throw providerFailed(error);
    }
  }
}

/** A card that was declined, or a card or payer that is not there any more: no further attempt can help. */
function toRefusal(error: unknown, charge: SavedCharge): PaymentReport | null {
  const isRefused =
    error instanceof Stripe.errors.StripeCardError ||
    (error instanceof Stripe.errors.StripeInvalidRequestError &&
      FINAL_STATUSES.has(error.statusCode ?? 0));
  if (!isRefused) return null;
  return {
    state: 'failed',
    purchaseId: charge.purchaseId,
    checkoutId: null,
    paymentId: error.payment_intent?.id ?? null,
    amountMinor: null,
    currency: null,
    customerId: null,
    methodId: null,
    failure: error.decline_code ?? error.code ?? 'invalid_request',
  };
}

function toAddress(baseUrl: string | null): Stripe.StripeConfig {
  if (baseUrl === null) return {};
  const { protocol, hostname, port } = new URL(baseUrl);
  const isPlain = protocol === 'http:';
  return {
    protocol: isPlain ? 'http' : 'https',
    host: hostname,
    port: port === '' ? (isPlain ? 80 : 443) : Number(port),
  };
}
