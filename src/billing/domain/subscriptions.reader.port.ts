import type { PageRequest } from '../../common/page.js';
import type { Subscription, SubscriptionLimit } from './subscription.js';

export interface ShownSubscription extends Subscription {
  /** Day, week, month, as far as they are limited. Of an ended one: none. */
  limits: SubscriptionLimit[];
}

export abstract class SubscriptionsReader {
  /** Newest first, one more than the page asks for; of one space, or of all (null). */
  abstract list(searchSpaceId: string | null, page: PageRequest): Promise<ShownSubscription[]>;

  /** Null = there is no such one. */
  abstract find(id: string): Promise<ShownSubscription | null>;
}
