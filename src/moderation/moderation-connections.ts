import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import type { Connection } from '../connections/connection.js';
import { ConnectionsDirectory } from '../connections/connections-directory.port.js';

export const OMNI_MODERATION = 'omni-moderation-latest';
const PROVIDER = 'openai';
const OPENAI_HOST = /^https:\/\/(?:[\w-]{1,20}\.)?api\.openai\.com(?::443)?(?:\/|$)/i;
/** Azure has no moderations at this path. */
const AZURE_HOST = /\.azure\.com$/i;

/** Which connections can judge. */
@Injectable()
export class ModerationConnections {
  constructor(
    private readonly directory: ConnectionsDirectory,
    private readonly clock: Clock,
  ) {}

  /**
   * Those of the provider openai that a space may use, in the order in which they are asked: OpenAI itself first, then
   * servers that speak its API; a space's own before the house's; higher priority before lower.
   */
  async list(searchSpaceId: string): Promise<Connection[]> {
    const now = this.clock.now();
    const connections = await this.directory.listFor(searchSpaceId);
    return connections
      .filter((connection) => isUsable(connection, now))
      .toSorted((left, right) => toRank(right) - toRank(left) || right.priority - left.priority);
  }
}

/** Whether it is known to serve moderation models: OpenAI itself, or a server whose operator listed the model. */
export function servesModeration({ credential, models }: Connection): boolean {
  const { baseUrl } = credential;
  return !baseUrl || OPENAI_HOST.test(baseUrl) || models.has(OMNI_MODERATION);
}

function isUsable({ provider, isEnabled, expiresAt, credential }: Connection, now: Date): boolean {
  if (provider !== PROVIDER || !isEnabled || (expiresAt !== null && expiresAt <= now)) return false;
  const { baseUrl } = credential;
  return !baseUrl || !URL.canParse(baseUrl) || !AZURE_HOST.test(new URL(baseUrl).hostname);
}

function toRank(connection: Connection): number {
  return (servesModeration(connection) ? 2 : 0) + (connection.scope === 'global' ? 0 : 1);
}
