import type { PageRequest } from '../../common/page.js';
import type { ConnectionRecord, ModelRecord } from './connection-record.js';
import type { ConnectionHolder } from './connections.repository.port.js';

/** Questions about connections, outside any transaction. Who asks has asserted whose they are. */
export abstract class ConnectionsReader {
  /** All of one holder, of which there are at most CONNECTIONS_MAX; the greatest id first. */
  abstract listOf(holder: ConnectionHolder): Promise<ConnectionRecord[]>;

  abstract find(id: string): Promise<ConnectionRecord | null>;

  /** Newest first; one row more than `limit` when there are more. */
  abstract listModels(connectionId: string, page: PageRequest): Promise<ModelRecord[]>;

  abstract findModel(connectionId: string, name: string): Promise<ModelRecord | null>;
}
