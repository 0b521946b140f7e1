import { Injectable, Logger } from '@nestjs/common';
import type { UsageEntry } from '../billing/domain/settlement.js';
import { SettlementWriter } from '../billing/settlement-writer.js';
import type { Caller } from '../common/caller.js';
import type { Connection } from '../connections/connection.js';
import { persevere } from '../persistence/persevere.js';

export interface ModerationUse {
  id: string;
  searchSpaceId: string;
  caller: Caller;
  /** As the caller wrote it; null = none. */
  requestedModel: string | null;
  model: string;
  /** Null = judged in this process. */
  connection: Connection | null;
  outcome: 'succeeded' | 'failed';
  latencyMs: number;
}

/** Moderation costs nothing; who had what judged is written all the same. */
@Injectable()
export class ModerationUsage {
  private readonly logger = new Logger(ModerationUsage.name);

  constructor(private readonly writer: SettlementWriter) {}

  /** While the books are away it is repeated aside. Never throws. */
  async note(use: ModerationUse): Promise<void> {
    const usage = toEntry(use);
    try {
      await this.writer.conclude({ usage });
    } catch (error) {
      this.logger.warn(`the usage of ${usage.id} is repeated: ${String(error)}`);
      void persevere('a usage row', () => this.writer.conclude({ usage })).catch((late: unknown) =>
        this.logger.error(`the usage of ${usage.id} is not written: ${String(late)}`),
      );
    }
  }
}

function toEntry(use: ModerationUse): UsageEntry {
  const { caller, connection } = use;
  return {
    id: use.id,
    search_space_id: use.searchSpaceId,
    user_id: caller.userId,
    api_key_id: caller.kind === 'api_key' ? caller.id : null,
    provider: connection?.provider ?? 'embedded',
    connection: connection?.id ?? null,
    model: use.model,
    requested_model: use.requestedModel,
    operation: 'moderation',
    kind: 'moderation',
    tier: connection && connection.scope !== 'global' ? 'byok' : 'free',
    outcome: use.outcome,
    list_cost_micros: 0,
    latency_ms: Math.round(use.latencyMs),
  };
}
