import type { PageRequest } from '../../common/page.js';
import type { ServiceAccount } from './service-account.js';

/** Questions about service accounts that are not ended, outside any transaction. */
export abstract class ServiceAccountsReader {
  abstract find(id: string, searchSpaceId: string): Promise<ServiceAccount | null>;

  /** Newest first; one row more than `limit` when there are more. */
  abstract list(searchSpaceId: string, page: PageRequest): Promise<ServiceAccount[]>;
}
