import type { PageRequest } from '../../common/page.js';
import type { ApiKey } from './api-key.js';

export interface ApiKeyFilter {
  searchSpaceId: string | null;
  /** Null: whoever made them. */
  userId: string | null;
}

/** Questions about API keys, outside any transaction. */
export abstract class ApiKeysReader {
  abstract findById(id: string): Promise<ApiKey | null>;

  /** Newest first; one row more than `limit` when there are more. */
  abstract list(filter: ApiKeyFilter, page: PageRequest): Promise<ApiKey[]>;
}
