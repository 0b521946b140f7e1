/** A routing room out of memory: connections, routes, health and preferences as a test sets them. */
import { newId } from '../../src/common/ids.js';
import type { AppConfig } from '../../src/config/app-config.js';
import type { Connection } from '../../src/connections/connection.js';
import { ConnectionsDirectory } from '../../src/connections/connections-directory.port.js';
import type { ImageRequestShape } from '../../src/providers/check-capability.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import { ProviderFactory, type Strategies } from '../../src/providers/provider.factory.js';
import type { ImageModel } from '../../src/providers/spec/image-model.js';
import { InProcessStickySessions } from '../../src/routing/adapters/in-process-sticky-sessions.js';
import { AutoCandidates } from '../../src/routing/auto-candidates.js';
import { CandidateGatherer } from '../../src/routing/candidate-gatherer.js';
import { ConnectionChooser } from '../../src/routing/connection-chooser.js';
import type { Route, RouteTarget } from '../../src/routing/domain/route.js';
import { type RoutesData, RoutesReader } from '../../src/routing/domain/routes.reader.port.js';
import { PlanGathering } from '../../src/routing/plan-gathering.js';
import type { AnyModel, RoutePlan, RouteQuestion } from '../../src/routing/route-plan.js';
import { RoutePlanner } from '../../src/routing/route-planner.js';
import { RoutingService } from '../../src/routing/routing.service.js';
import { RoutingState } from '../../src/routing/routing-state.js';
import { SpacePreferences } from '../../src/routing/space-preferences.port.js';
import type { StickySessions } from '../../src/routing/sticky-sessions.port.js';
import { WishList } from '../../src/routing/wish-list.js';
import { type HealthView, UpstreamHealth } from '../../src/upstream/upstream-health.port.js';
import { StillClock } from '../fakes/still-clock.js';
import { StillEpoch } from '../fakes/still-epoch.js';

export const SPACE = '01a1ffc6-0000-7000-8000-000000000001';
export const SHAPE: ImageRequestShape = {
  operation: 'generate',
  prompt: 'a lighthouse at dawn',
  n: 1,
  widthPx: null,
  heightPx: null,
  inputImageCount: 0,
  hasMask: false,
};

const HEALTHY: HealthView = {
  coolingUntil: null,
  coolingReason: null,
  breaker: 'closed',
  errorRate: 0,
  answerMs: null,
  running: 0,
  waiting: 0,
};
const PROVIDERS = ['embedded', 'openai', 'bfl', 'stability'];

const catalog = new ModelCatalogService();

/** A model like the embedded one, under another name and vendor. */
export function makeModel(id: string, provider = 'openai', more: Partial<ImageModel> = {}) {
  return { ...catalog.getImageModel('embedded-image'), id, provider, ...more };
}

export function makeConnection(
  id: string,
  models: readonly (AnyModel | string)[],
  more: Partial<Connection> & { quality?: number } = {},
): Connection {
  const { quality = 50, ...connection } = more;
  const served = models.map((model) => (typeof model === 'string' ? makeModel(model) : model));
  return {
    id,
    provider: served[0]?.provider ?? 'openai',
    name: id,
    scope: 'global',
    searchSpaceId: null,
    userId: null,
    isEnabled: true,
    priority: 50,
    loadFactor: 10,
    slotsMax: null,
    isPool: false,
    expiresAt: null,
    models: new Map(served.map((model) => [model.id, { model, vendorModel: null, quality }])),
    credential: { baseUrl: null, apiKey: null },
    ...connection,
  };
}

export function makeRoute(
  name: string,
  targets: readonly (string | Partial<RouteTarget>)[],
  more: Partial<Route> = {},
): Route {
  const at = new Date(0);
  return {
    id: newId(),
    searchSpaceId: null,
    name,
    targets: targets.map((written) => {
      const target = typeof written === 'string' ? { model: written } : written;
      return { model: '', connectionId: null, weight: 100, order: 0, ...target };
    }),
    enableFallback: true,
    isRestricting: false,
    note: null,
    createdBy: newId(),
    createdAt: at,
    updatedAt: at,
    ...more,
  };
}

class SetHealth extends UpstreamHealth {
  readonly views = new Map<string, Partial<HealthView>>();

  look(connectionId: string, model: string): HealthView {
    const view = this.views.get(`${connectionId} ${model}`) ?? this.views.get(connectionId);
    return { ...HEALTHY, ...view };
  }
}

class SetPreferences extends SpacePreferences {
  model: string | null = null;

  find(): Promise<string | null> {
    return Promise.resolve(this.model);
  }
}

class SetDirectory extends ConnectionsDirectory {
  asked = 0;
  connections: readonly Connection[] = [];

  listFor(): Promise<readonly Connection[]> {
    this.asked += 1;
    return Promise.resolve(this.connections);
  }

  listGlobal(): Promise<readonly Connection[]> {
    return this.listFor();
  }

  find(id: string): Promise<Connection | null> {
    return Promise.resolve(this.connections.find((one) => one.id === id) ?? null);
  }
}

class SetRoutes extends RoutesReader {
  reads = 0;
  revision = 0;
  routes: readonly Route[] = [];

  read(): Promise<RoutesData> {
    this.reads += 1;
    this.revision += 1;
    return Promise.resolve({ revision: this.revision, routes: this.routes });
  }
}

/** Speaks to nobody; the options of its vendor are all those that begin with its name. */
function toStrategy(id: string) {
  return {
    id,
    assertRequest: () => undefined,
    assertOptions: (options: Record<string, unknown>) => {
      const odd = Object.keys(options).find((name) => !name.startsWith(id));
      if (odd) throw new Error(`${odd} is no option of ${id}`);
    },
  };
}

export class RoutingRoom {
  readonly clock = new StillClock();
  readonly epoch = new StillEpoch();
  readonly health = new SetHealth();
  readonly preferences = new SetPreferences();
  readonly directory = new SetDirectory();
  readonly routesReader = new SetRoutes();
  readonly sticks: StickySessions;
  readonly service: RoutingService;

  constructor(connections: readonly Connection[], { retriesMax = 3 } = {}) {
    this.directory.connections = connections;
    this.sticks = new InProcessStickySessions(this.clock);
    const config = {
      vendors: { defaultProvider: 'embedded' },
      routing: { retriesMax },
    } as unknown as AppConfig;
    const strategies = PROVIDERS.map(toStrategy);
    const factory = new ProviderFactory(catalog, {
      images: strategies,
      chat: strategies,
      embeddings: strategies,
    } as unknown as Strategies);
    const chooser = new ConnectionChooser(this.clock, this.health, this.sticks);
    const gatherer = new CandidateGatherer(chooser, catalog);
    const planner = new RoutePlanner(
      config,
      this.clock,
      this.directory,
      new RoutingState(this.routesReader, this.epoch),
      new WishList(config, catalog, this.preferences),
      new PlanGathering(gatherer, new AutoCandidates(gatherer), chooser),
    );
    this.service = new RoutingService(this.clock, factory, this.directory, planner, chooser);
  }

  setConnections(...connections: Connection[]): void {
    this.directory.connections = connections;
  }

  setRoutes(...routes: Route[]): void {
    this.routesReader.routes = routes;
    this.epoch.hasten();
  }

  plan(
    question: Partial<RouteQuestion> = {},
    request: Partial<ImageRequestShape> = {},
    providerOptions: Record<string, unknown> = {},
  ): Promise<RoutePlan> {
    const asked = toQuestion(question);
    return this.service.plan(asked, { ...SHAPE, ...request }, providerOptions);
  }

  /** Candidates of the plan, as `model@connection`. */
  async list(...asked: Parameters<RoutingRoom['plan']>): Promise<string[]> {
    return listOf(await this.plan(...asked));
  }
}

export function toQuestion(question: Partial<RouteQuestion>): RouteQuestion {
  return {
    searchSpaceId: SPACE,
    model: null,
    enableFallback: undefined,
    maxRetries: undefined,
    session: null,
    isAllowed: () => true,
    seed: 'request-1',
    ...question,
  };
}

export function listOf<M extends AnyModel>({ candidates }: RoutePlan<M>): string[] {
  return candidates.map(({ model, connection }) => `${model.id}@${connection.id}`);
}

/** Why things were passed over, as `model@connection reason`. */
export function listSkipped({ decision }: { decision: RoutePlan['decision'] }): string[] {
  return decision.candidates
    .filter(({ outcome }) => outcome === 'skipped')
    .map(({ model, connection, reason }) => `${model}@${connection} ${reason}`);
}
