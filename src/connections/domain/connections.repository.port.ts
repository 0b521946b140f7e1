import type { ConnectionRecord, ConnectionScope, ModelRecord } from './connection-record.js';
import type { ModelPreference } from './model-preference.js';

/** Whose connections are counted. */
export interface ConnectionHolder {
  scope: ConnectionScope;
  searchSpaceId: string | null;
  userId: string | null;
}

/** Writes connections and their models in one transaction. What it locks stays locked until the end. */
export abstract class ConnectionsRepository {
  /** Holds all changes of connections back until the end, so that what is counted stays true. */
  abstract lockAll(): Promise<void>;

  abstract count(holder: ConnectionHolder): Promise<number>;

  /** Null = there is none, or none within reach. */
  abstract lock(id: string): Promise<ConnectionRecord | null>;

  /** Adds it, or changes what may change. @throws DomainError `request.not_found` for a space that is being deleted */
  abstract save(record: ConnectionRecord): Promise<void>;

  /** Its models go with it. */
  abstract remove(id: string): Promise<void>;

  abstract countModels(connectionId: string): Promise<number>;

  abstract lockModel(connectionId: string, name: string): Promise<ModelRecord | null>;

  /** Locks them; those that are not there are left out. In the order of their names. */
  abstract lockModels(connectionId: string, names: readonly string[]): Promise<ModelRecord[]>;

  /** Adds them, or changes what may change. */
  abstract saveModels(models: readonly ModelRecord[]): Promise<void>;

  abstract removeModel(connectionId: string, name: string): Promise<void>;

  abstract findPreference(searchSpaceId: string): Promise<ModelPreference>;

  /** @throws DomainError `request.not_found` for a space that is being deleted */
  abstract savePreference(
    searchSpaceId: string,
    preference: ModelPreference,
    updatedAt: Date,
  ): Promise<void>;
}
