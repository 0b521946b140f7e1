import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import type { Connection } from '../connections/connection.js';
import { type HealthView, UpstreamHealth } from '../upstream/upstream-health.port.js';
import { createRandom } from './domain/seeded-random.js';
import { toStickyKey } from './domain/sticky-key.js';
import {
  type ConnectionState,
  drawOrder,
  toLoadSkew,
  TOP_K,
  type WeighedConnection,
  weighConnections,
} from './domain/weigh-connections.js';
import type { Service } from './list-reach.js';
import type { AnyModel } from './route-plan.js';
import { StickySessions } from './sticky-sessions.port.js';

/** Why a connection is not called now. */
export interface Exclusion {
  reason: 'disabled' | 'expired' | 'cooling_down' | 'breaker_open';
  /** When it may be called again; null = nobody knows. */
  until: Date | null;
}

export interface ChosenService<M extends AnyModel> {
  service: Service<M>;
  isSticky: boolean;
  score: number;
  parts: Readonly<Record<string, number>>;
}

export interface ServiceOrder<M extends AnyModel> {
  services: ChosenService<M>[];
  topK: number;
  loadSkew: number;
}

/** Whose conversation it is, and what chance is drawn from. */
export interface Draw {
  searchSpaceId: string;
  session: string | null;
  seed: string;
}

/** Among the connections that serve one model, which is called first. */
@Injectable()
export class ConnectionChooser {
  constructor(
    private readonly clock: Clock,
    private readonly health: UpstreamHealth,
    private readonly sticks: StickySessions,
  ) {}

  look({ id }: Connection, model: string): HealthView {
    return this.health.look(id, model);
  }

  /** Null = it may be called. */
  findExclusion(connection: Connection, model: string): Exclusion | null {
    const now = this.clock.now();
    if (!connection.isEnabled) return { reason: 'disabled', until: null };
    if (connection.expiresAt && connection.expiresAt <= now) {
      return { reason: 'expired', until: null };
    }
    const { coolingUntil, breaker } = this.look(connection, model);
    if (coolingUntil && coolingUntil > now) return { reason: 'cooling_down', until: coolingUntil };
    return breaker === 'open' ? { reason: 'breaker_open', until: null } : null;
  }

  /**
   * The connection that the conversation is held to; then the space's and the owner's own, which cost nothing here;
   * then the house's: each group by load-aware chance.
   * @param services of one model, each callable; at least one
   */
  async order<M extends AnyModel>(
    name: string,
    services: readonly Service<M>[],
    draw: Draw,
  ): Promise<ServiceOrder<M>> {
    // One alone is called, whatever was before: nobody is asked.
    const isOpen = draw.session !== null && services.length > 1;
    const stuck = isOpen ? await this.findStick(name, services, draw) : null;
    const random = toRandom(`${draw.session ?? draw.seed}\n${name}`);
    const isOwn = ({ connection }: Service) => connection.scope !== 'global';
    const groups = [services.filter(isOwn), services.filter((service) => !isOwn(service))];
    const ranked = groups.map((group) => this.weigh(name, group));
    const drawn = ranked.flatMap((group) => drawOrder(group, random));
    const byId = new Map(services.map((service) => [service.connection.id, service]));
    const chosen = drawn.map((weighed) => toChosen(byId, weighed, stuck));
    const [held, others] = [
      chosen.filter(({ isSticky }) => isSticky),
      chosen.filter(({ isSticky }) => !isSticky),
    ];
    const firstGroup = ranked.find((group) => group.length > 0) ?? [];
    return {
      services: [...held, ...others],
      topK: Math.min(TOP_K, firstGroup.length),
      loadSkew: toLoadSkew(drawn.map(({ loadRate }) => loadRate)),
    };
  }

  /** Holds the conversation to the connection that took its call. */
  hold(searchSpaceId: string, session: string, model: string, connectionId: string): Promise<void> {
    return this.sticks.keep(toStickyKey(searchSpaceId, model, session), connectionId);
  }

  private async findStick(
    name: string,
    services: readonly Service[],
    { searchSpaceId, session }: Draw,
  ): Promise<string | null> {
    const key = toStickyKey(searchSpaceId, name, session ?? '');
    const found = await this.sticks.find(key);
    if (found === null) return null;
    if (services.some(({ connection }) => connection.id === found)) return found;
    await this.sticks.forget(key);
    return null;
  }

  private weigh(name: string, services: readonly Service[]): WeighedConnection[] {
    return weighConnections(
      services.map(({ connection }): ConnectionState => {
        const { id, priority, loadFactor } = connection;
        const { running, waiting, errorRate, answerMs } = this.look(connection, name);
        return { id, priority, loadFactor, running, waiting, errorRate, answerMs };
      }),
    );
  }
}

function toChosen<M extends AnyModel>(
  byId: ReadonlyMap<string, Service<M>>,
  { id, score, parts }: WeighedConnection,
  stuck: string | null,
): ChosenService<M> {
  return { service: byId.get(id)!, isSticky: id === stuck, score, parts };
}

/** Made when it is first needed: one connection alone needs none. */
function toRandom(seed: string): () => number {
  let random: (() => number) | null = null;
  return () => {
    random ??= createRandom(seed);
    return random();
  };
}
