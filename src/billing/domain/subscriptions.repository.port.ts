import type { Subscription, SubscriptionWindow } from './subscription.js';

/** What a window may use; null = the window is not limited. */
export type WindowLimits = Partial<Record<SubscriptionWindow, number | null>>;

/** Subscriptions with their limits, inside a unit of work. */
export abstract class SubscriptionsRepository {
  /** How many there are that are not ended, in all spaces. Lets changes of them wait for one another. */
  abstract lock(): Promise<number>;

  /** @throws DomainError `request.invalid` naming a space or time zone that is none, `request.conflict` for a second one */
  abstract add(subscription: Subscription): Promise<void>;

  /** Null = there is no such one. Locks it. */
  abstract find(id: string): Promise<Subscription | null>;

  /** Writes name, expiry and end. With the end its limits end too. */
  abstract update(subscription: Subscription): Promise<void>;

  /** Makes, changes and removes limits; what is used in a window stays counted. */
  abstract setLimits(subscription: Subscription, limits: WindowLimits): Promise<void>;
}
