import type { ServiceAccount } from './service-account.js';

/** Changes to service accounts, inside a unit of work. */
export abstract class ServiceAccountsRepository {
  /** The account alone; its membership is the rbac room's. */
  abstract add(account: ServiceAccount): Promise<void>;

  /** The account while it is not ended, kept from changing until the transaction ends. */
  abstract lock(id: string, searchSpaceId: string): Promise<ServiceAccount | null>;

  /** Ends the account for good. The row stays: what it did is in its name. */
  abstract end(id: string): Promise<void>;

  /** How many the space has, as this transaction sees it. */
  abstract count(searchSpaceId: string): Promise<number>;
}
