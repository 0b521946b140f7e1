import { Injectable, Logger } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { ModelCatalogService } from '../providers/model-catalog.service.js';
import type { ProviderCredential } from '../providers/spec/image-call.js';
import { SecretBox } from '../secrets/secret-box.js';
import type { Connection } from './connection.js';
import {
  type ConfiguredConnection,
  listConfiguredConnections,
  withConfigured,
} from './configured-connections.js';
import {
  CONNECTIONS_TABLE,
  type ConnectionRecord,
  isOfSettings,
  type KeptConnection,
} from './domain/connection-record.js';
import { serveModels } from './serve-models.js';

/** From what is kept to what can be called with. */
@Injectable()
export class ConnectionOpener {
  private readonly logger = new Logger(ConnectionOpener.name);
  readonly configured: readonly ConfiguredConnection[];

  constructor(
    config: AppConfig,
    private readonly catalog: ModelCatalogService,
    private readonly box: SecretBox,
  ) {
    this.configured = listConfiguredConnections(config);
  }

  /** Those of the settings are always among them. */
  openGlobal(kept: readonly KeptConnection[]): Connection[] {
    return this.openAll(withConfigured(this.configured, kept));
  }

  /** One whose secret cannot be opened is left out and logged: the others go on. */
  openAll(kept: readonly KeptConnection[]): Connection[] {
    return kept.map((one) => this.open(one)).filter((connection) => connection !== null);
  }

  /** @throws Error when the secret cannot be opened */
  toCredential(record: ConnectionRecord): ProviderCredential {
    const configured = this.configured.find(({ id }) => id === record.id);
    if (configured) return configured.credential;
    const { id, baseUrl, apiKeySealed, extra, scope } = record;
    const apiKey =
      apiKeySealed === null ? null : this.box.open(apiKeySealed, { table: CONNECTIONS_TABLE, id });
    return { baseUrl, apiKey, ...extra, isHouse: scope === 'global' };
  }

  private open(kept: KeptConnection): Connection | null {
    const { record } = kept;
    // Its key left with the setting: without one it would call with none.
    if (isOfSettings(record) && !this.configured.some(({ id }) => id === record.id)) return null;
    try {
      return {
        id: record.id,
        provider: record.provider,
        name: record.name,
        scope: record.scope,
        searchSpaceId: record.searchSpaceId,
        userId: record.userId,
        isEnabled: record.isEnabled,
        priority: record.priority,
        loadFactor: record.loadFactor,
        slotsMax: record.slotsMax,
        isPool: record.isPool,
        expiresAt: record.expiresAt,
        models: serveModels(kept, this.catalog),
        credential: this.toCredential(record),
      };
    } catch (error) {
      this.logger.error(
        `The connection ${record.id} cannot be used: ${error instanceof Error ? error.message : 'unknown'}`,
      );
      return null;
    }
  }
}
