import type { AttemptReport, ClaimedDelivery, WebhookMessage } from './delivery.js';

export interface ClaimBounds {
  limit: number;
  /** At once, over all processes. An endpoint that fails gets one at a time. */
  endpointMax: number;
  spaceMax: number;
  /** Longer than an attempt may take: after it, another process may send the delivery again. */
  claimMs: number;
}

/** The rows of deliveries as those who send them see them. */
export abstract class DeliveriesStore {
  /**
   * One row for each endpoint of the space that is enabled and asked for the event; none in a space that is being
   * deleted. May be repeated: the same message is one row an endpoint.
   * @returns how many are new
   */
  abstract fanOut(searchSpaceId: string, message: WebhookMessage): Promise<number>;

  /** Whether anything is due; cheap, for processes that have nothing to do. */
  abstract hasDue(): Promise<boolean>;

  /** It was taken. Does nothing when another process has claimed it since. */
  abstract deliver(claimed: ClaimedDelivery, report: AttemptReport): Promise<void>;

  /** Forgets what is older, at most `limit` rows. @returns how many */
  abstract forget(days: number, limit: number): Promise<number>;

  /** One batch of a space's log. @returns how many; 0 once the endpoints are gone as well */
  abstract removeOfSpace(searchSpaceId: string, limit: number): Promise<number>;
}

/** The same, for what takes a transaction. */
export abstract class DeliveryClaims {
  /** Takes due deliveries for this process alone, endpoints and spaces in turn. */
  abstract claim(bounds: ClaimBounds): Promise<ClaimedDelivery[]>;

  /**
   * Puts it back for later, or aside for good.
   * @param retryInMs null = given up
   * @returns false when another process has claimed it since
   */
  abstract fail(
    claimed: ClaimedDelivery,
    report: AttemptReport,
    retryInMs: number | null,
  ): Promise<boolean>;
}
