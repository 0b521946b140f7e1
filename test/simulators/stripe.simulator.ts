import { createHmac, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { findField, type FormFields, readStripeForm, toTexts } from './stripe-form.js';
import {
  type SessionPlan,
  type SimulatedPayment,
  type SimulatedSession,
  toPayment,
  toSeconds,
  toSession,
} from './stripe-objects.js';

/**
 * `cut`: hung up on before anything is done; `cut_after`: done, and hung up on; `status=500`: that status; `echo_key`: a
 * refusal that repeats the key; `hang`, `hang_after`: as `cut`, but nobody hangs up.
 */
export type StripeFault =
  'cut' | 'cut_after' | 'hang' | 'hang_after' | 'echo_key' | `status=${number}`;

export interface StripeCall {
  method: string;
  path: string;
  fields: FormFields;
  idempotencyKey: string | null;
}

type Reply = [status: number, body: object];

const SECRET_KEY = 'sk_test_of_these_tests_0123456789abcdef';
const WEBHOOK_SECRET = 'whsec_of_these_tests_0123456789abcdef';

/**
 * Stripe's API on a local port, as far as Atelier speaks it: checkout sessions, payments off-session, idempotency keys,
 * and webhooks signed with scheme v1. Its client in the tests is Stripe's own package.
 */
export class StripeSimulator {
  readonly sessions = new Map<string, SimulatedSession>();
  readonly payments = new Map<string, SimulatedPayment>();
  readonly calls: StripeCall[] = [];
  private readonly plans = new Map<string, SessionPlan>();
  /** Cards that may be charged off-session, with their owners. */
  private readonly methods = new Map<string, string>();
  private readonly replies = new Map<string, { fingerprint: string; reply: Reply }>();
  private faults: StripeFault[] = [];
  private declines: string[] = [];
  private server: Server | null = null;

  constructor(
    readonly secretKey = SECRET_KEY,
    readonly webhookSecret = WEBHOOK_SECRET,
  ) {}

  static async start(secretKey?: string, webhookSecret?: string): Promise<StripeSimulator> {
    const simulator = new StripeSimulator(secretKey, webhookSecret);
    const server = createServer((request, response) => {
      simulator
        .handle(request, response)
        .catch((error: unknown) => response.destroy(error as Error));
    });
    simulator.server = server;
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    return simulator;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server!.address() as AddressInfo).port}`;
  }

  /** What makes the service use it. */
  get settings(): Record<string, string> {
    return {
      PAYMENT_PROVIDER: 'stripe',
      STRIPE_SECRET_KEY: this.secretKey,
      STRIPE_WEBHOOK_SECRET: this.webhookSecret,
      STRIPE_BASE_URL: this.origin,
      OUTBOUND_ALLOW: '127.0.0.1',
    };
  }

  /** The next requests fail like this. */
  failNext(fault: StripeFault, times = 1): void {
    for (let count = 0; count < times; count += 1) this.faults.push(fault);
  }

  /** The next charge off-session is declined. */
  declineNext(code = 'insufficient_funds'): void {
    this.declines.push(code);
  }

  /** Every saved card is taken back by its owner. */
  forgetMethods(): void {
    this.methods.clear();
  }

  findSession(purchaseId: string): SimulatedSession {
    const found = [...this.sessions.values()].filter(
      ({ client_reference_id: id }) => id === purchaseId,
    );
    if (found.length !== 1) throw new Error(`${found.length} sessions of ${purchaseId}`);
    return found[0]!;
  }

  listPayments(purchaseId: string): SimulatedPayment[] {
    return [...this.payments.values()].filter(
      ({ metadata }) => metadata.purchase_id === purchaseId,
    );
  }

  /** Somebody pays on the page. `more` makes the session lie. */
  pay(purchaseId: string, more: Partial<SimulatedSession> = {}): SimulatedSession {
    const session = this.findSession(purchaseId);
    const payment = this.makePayment(session, null);
    return Object.assign(session, {
      status: 'complete',
      payment_status: 'paid',
      url: null,
      customer: payment.customer,
      payment_intent: payment.id,
      ...more,
    });
  }

  /** Somebody chooses a method that takes days, and it fails in the end. */
  payInVain(purchaseId: string): SimulatedSession {
    const session = this.findSession(purchaseId);
    const payment = this.makePayment(session, 'debit_not_authorized');
    return Object.assign(session, {
      status: 'complete',
      url: null,
      payment_intent: payment.id,
    });
  }

  expire(purchaseId: string): SimulatedSession {
    return Object.assign(this.findSession(purchaseId), { status: 'expired', url: null });
  }

  toEvent(type: string, object: object): string {
    const id = `evt_${randomBytes(12).toString('hex')}`;
    const head = { id, object: 'event', api_version: '2026-10-28.endive', created: toSeconds() };
    return JSON.stringify({ ...head, type, livemode: false, data: { object } });
  }

  /** The header of a webhook. */
  sign(body: string, secret = this.webhookSecret, atS = toSeconds()): string {
    const signature = createHmac('sha256', secret).update(`${atS}.${body}`).digest('hex');
    return `t=${atS},v1=${signature}`;
  }

  /** Sends an event as Stripe does; answers the status. */
  async deliver(baseUrl: string, body: string, signature = this.sign(body)): Promise<number> {
    const response = await fetch(`${baseUrl}/api/v1/payments/webhook/stripe`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'stripe-signature': signature,
      },
      body,
    });
    await response.arrayBuffer();
    return response.status;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://stripe');
    const body = await readText(request);
    const fields = readStripeForm(request.method === 'GET' ? url.search : body);
    const key = request.headers['idempotency-key'];
    const idempotencyKey = typeof key === 'string' ? key : null;
    const call = { method: request.method ?? '', path: url.pathname, fields, idempotencyKey };
    this.calls.push(call);
    const fault = this.faults.shift();
    if (fault === 'hang') return;
    if (fault === 'cut') return void response.destroy();
    const [status, answer] = fault?.startsWith('status=')
      ? refuse(Number(fault.slice('status='.length)), 'api_error', 'Planned.')
      : fault !== 'echo_key' && request.headers.authorization === `Bearer ${this.secretKey}`
        ? this.answerOnce(call, body)
        : refuse(401, 'invalid_request_error', `Invalid API Key: ${request.headers.authorization}`);
    if (fault === 'hang_after') return;
    if (fault === 'cut_after') return void response.destroy();
    response.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_1' });
    response.end(JSON.stringify(answer));
  }

  /** The same key again is the same answer, whatever has become of it since. */
  private answerOnce(call: StripeCall, body: string): Reply {
    if (call.method !== 'POST' || call.idempotencyKey === null) return this.answer(call);
    const fingerprint = `${call.path} ${body}`;
    const known = this.replies.get(call.idempotencyKey);
    if (known && known.fingerprint !== fingerprint) {
      const text = 'Keys for idempotent requests can only be used with the same parameters';
      return refuse(400, 'idempotency_error', text);
    }
    const reply = known?.reply ?? structuredClone(this.answer(call));
    this.replies.set(call.idempotencyKey, { fingerprint, reply });
    return reply;
  }

  private answer({ method, path, fields }: StripeCall): Reply {
    const [, kind, id] =
      /^\/v1\/(checkout\/sessions|payment_intents)(?:\/([\w]+))?$/.exec(path) ?? [];
    if (method === 'POST' && kind === 'checkout/sessions') return this.createSession(fields);
    if (method === 'POST' && kind === 'payment_intents') return this.charge(fields);
    if (method === 'GET' && kind === 'payment_intents' && !id) return this.listCharges(fields);
    const found = kind === 'payment_intents' ? this.payments.get(id ?? '') : undefined;
    if (found) return [200, found];
    const session = kind === 'checkout/sessions' ? this.sessions.get(id ?? '') : undefined;
    if (!session) return refuse(404, 'invalid_request_error', 'No such object', 'resource_missing');
    const isExpanded = Object.values(toTexts(fields.expand)).includes('payment_intent');
    const payment = this.payments.get(session.payment_intent ?? '');
    return [200, isExpanded && payment ? { ...session, payment_intent: payment } : session];
  }

  private createSession(fields: FormFields): Reply {
    const made = toSession(`cs_test_${randomBytes(12).toString('hex')}`, fields);
    if (typeof made === 'string') return refuse(400, 'invalid_request_error', made);
    this.sessions.set(made.session.id, made.session);
    this.plans.set(made.session.id, made.plan);
    return [200, made.session];
  }

  private makePayment(session: SimulatedSession, decline: string | null): SimulatedPayment {
    const plan = this.plans.get(session.id)!;
    const customer = session.customer_creation === 'always' ? `cus_${session.id}` : null;
    const method = `pm_${session.id}`;
    if (customer && plan.savesMethod) this.methods.set(method, customer);
    const { amount_total: amount, currency } = session;
    const metadata = plan.paymentMetadata;
    const facts = { amount, currency, customer, payment_method: method, metadata };
    const payment = toPayment(`pi_${session.id}`, facts, decline);
    this.payments.set(payment.id, payment);
    return payment;
  }

  private charge(fields: FormFields): Reply {
    const read = (name: string): string => findField(fields, name) ?? '';
    const [customer, method] = [read('customer'), read('payment_method')];
    if (read('confirm') !== 'true' || read('off_session') !== 'true') {
      return refuse(400, 'invalid_request_error', 'Only off-session charges are simulated');
    }
    if (this.methods.get(method) !== customer) {
      const text = `No such PaymentMethod: '${method}'`;
      return refuse(400, 'invalid_request_error', text, 'resource_missing');
    }
    const [amount, currency] = [Number(read('amount')), read('currency')];
    const decline = this.declines.shift() ?? null;
    const metadata = toTexts(fields.metadata);
    const facts = { amount, currency, customer, payment_method: method, metadata };
    const payment = toPayment(`pi_${randomBytes(12).toString('hex')}`, facts, decline);
    this.payments.set(payment.id, payment);
    if (decline === null) return [200, payment];
    const [status, body] = refuse(402, 'card_error', 'Your card was declined.', 'card_declined');
    const { error } = body as { error: object };
    return [status, { error: { ...error, decline_code: decline, payment_intent: payment } }];
  }

  private listCharges(fields: FormFields): Reply {
    const sinceS = Number(findField(fields, 'created', 'gte') ?? 0);
    const found = [...this.payments.values()].filter(
      ({ customer, created }) => customer === fields.customer && created >= sinceS,
    );
    const data = found.toReversed().slice(0, Number(fields.limit ?? 10));
    return [200, { object: 'list', url: '/v1/payment_intents', has_more: false, data }];
  }
}

function refuse(status: number, type: string, message: string, code?: string): Reply {
  return [status, { error: { type, message, ...(code && { code }) } }];
}
