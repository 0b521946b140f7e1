import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import type { Connection } from '../connections/connection.js';
import { ConnectionsDirectory } from '../connections/connections-directory.port.js';
import { type Figures, type HealthState, toFigures, toHealthState } from './domain/health-state.js';
import type { UpstreamCounts } from './domain/upstream-counts.js';
import { type HealthView, UpstreamHealth } from './upstream-health.port.js';
import { UpstreamStatistics } from './upstream-statistics.js';
import { UpstreamStatisticsStore } from './upstream-statistics.store.port.js';

/** What the state speaks of. */
export const STATUS_WINDOW_S = 3_600;
const MS_PER_S = 1_000;
/** Five minutes of one model on one connection each. */
const ROWS_MAX = 20_000;
export const CONNECTIONS_MAX = 500;

export interface Told {
  state: HealthState;
  figures: Figures;
  lastError: string | null;
  lastErrorAt: Date | null;
  lastCheckedAt: Date | null;
}

export interface ModelStatus extends Told {
  model: string;
  coolingUntil: Date | null;
}

export interface ConnectionStatus extends Told {
  connection: Connection;
  health: HealthView;
  models: readonly ModelStatus[];
}

export interface ProviderStatus extends Told {
  provider: string;
  connections: readonly ConnectionStatus[];
}

/** How providers and connections fare: from the figures of all processes, and from what holds now. */
@Injectable()
export class UpstreamStatusService {
  constructor(
    private readonly clock: Clock,
    private readonly directory: ConnectionsDirectory,
    private readonly health: UpstreamHealth,
    private readonly statistics: UpstreamStatistics,
    private readonly store: UpstreamStatisticsStore,
  ) {}

  /** Of the house's connections. */
  async listGlobal(): Promise<ProviderStatus[]> {
    return this.tell(await this.directory.listGlobal());
  }

  /** Of the connections that are the space's own; others that may serve it are not told of. */
  async listOwn(searchSpaceId: string): Promise<ProviderStatus[]> {
    const connections = await this.directory.listFor(searchSpaceId);
    return this.tell(connections.filter(({ scope }) => scope === 'space'));
  }

  private async tell(all: readonly Connection[]): Promise<ProviderStatus[]> {
    const connections = all.slice(0, CONNECTIONS_MAX);
    await this.statistics.flush();
    const since = new Date(this.clock.now().getTime() - STATUS_WINDOW_S * MS_PER_S);
    const ids = connections.map(({ id }) => id);
    const rows = await this.store.listRecent(ids, since, ROWS_MAX);
    const byConnection = groupBy(rows, ({ connection }) => connection);
    const statuses = connections.map((one) =>
      this.toConnectionStatus(one, byConnection.get(one.id) ?? []),
    );
    const byProvider = groupBy(statuses, ({ connection }) => connection.provider);
    return [...byProvider].map(([provider, own]) => {
      const counts = own.flatMap(({ connection }) => byConnection.get(connection.id) ?? []);
      const told = toTold(counts);
      // A provider is down when all of its connections are, for whatever reason.
      const isDown = own.every(({ state }) => state === 'down');
      return { provider, ...told, state: isDown ? 'down' : told.state, connections: own };
    });
  }

  private toConnectionStatus(
    connection: Connection,
    rows: readonly UpstreamCounts[],
  ): ConnectionStatus {
    const health = this.health.look(connection.id, '');
    const told = toTold(rows);
    const isShut = health.coolingUntil !== null || health.breaker === 'open';
    const models = [...groupBy(rows, ({ model }) => model)].map(([model, own]) => {
      const { coolingUntil } = this.health.look(connection.id, model);
      return { model, ...toTold(own), coolingUntil };
    });
    return { connection, health, ...told, state: isShut ? 'down' : told.state, models };
  }
}

function toTold(rows: readonly UpstreamCounts[]): Told {
  const figures = toFigures(rows);
  const failed = rows.filter(({ lastErrorAt }) => lastErrorAt !== null);
  const last = failed.toSorted((one, other) => toMs(other.lastErrorAt) - toMs(one.lastErrorAt))[0];
  const checkedMs = rows.reduce((latest, one) => Math.max(latest, toMs(one.lastCalledAt)), 0);
  return {
    state: toHealthState(figures.successRate),
    figures,
    lastError: last?.lastError ?? null,
    lastErrorAt: last?.lastErrorAt ?? null,
    lastCheckedAt: rows.length > 0 ? new Date(checkedMs) : null,
  };
}

function toMs(at: Date | null): number {
  return at?.getTime() ?? 0;
}

function groupBy<V>(values: readonly V[], toKey: (value: V) => string): Map<string, V[]> {
  const groups = new Map<string, V[]>();
  for (const value of values) {
    const key = toKey(value);
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}
