export const DELIVERY_STATUSES = ['pending', 'delivered', 'dead'] as const;
/** `dead`: given up, kept to be sent again by hand. */
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** Waiting for one endpoint at most; what comes on top is dead at once and can be sent later. */
export const WAITING_PER_ENDPOINT_MAX = 10_000;
/** Dead ones that one request sends again. */
export const REDELIVERED_MAX = 1_000;
export const QUEUE_FULL = `more than ${WAITING_PER_ENDPOINT_MAX} deliveries wait for this endpoint`;

/** Something to tell: what it is called, and facts of ids and numbers. Pictures and texts are added when it is sent. */
export interface WebhookMessage {
  /** The id by which receivers know a repetition. */
  eventId: string;
  event: string;
  data: Readonly<Record<string, unknown>>;
  occurredAt: Date;
}

/** One message for one endpoint. */
export interface Delivery extends WebhookMessage {
  id: string;
  endpointId: string;
  searchSpaceId: string;
  status: DeliveryStatus;
  /** Of the present round: sending again by hand begins anew. */
  attempts: number;
  /** When it is sent next; meaningless once it is finished. */
  availableAt: Date;
  /** A process is sending it until then; null = none is. */
  claimedUntil: Date | null;
  responseStatus: number | null;
  durationMs: number | null;
  error: string | null;
  responseExcerpt: string | null;
  createdAt: Date;
  finishedAt: Date | null;
}

/** A delivery that this process sends, and all that it takes. */
export interface ClaimedDelivery extends WebhookMessage {
  id: string;
  endpointId: string;
  searchSpaceId: string;
  /** 1 the first time. */
  attempt: number;
  url: string;
  includesPrompt: boolean;
  secretSealed: string;
  previousSecretSealed: string | null;
  previousSecretUntil: Date | null;
}

/** What came of one attempt. */
export interface AttemptReport {
  responseStatus: number | null;
  durationMs: number;
  /** Null = it was taken. */
  error: string | null;
  responseExcerpt: string | null;
}
