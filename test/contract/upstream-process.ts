/** One process of the house as far as calls to vendors go: in process, or one of several on a Redis. */
import { SystemClock } from '../../src/common/clock.js';
import type { AppConfig, UpstreamConfig } from '../../src/config/app-config.js';
import { MetricsService } from '../../src/metrics/metrics.service.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import { ProviderError, type ProviderErrorKind } from '../../src/providers/spec/provider.errors.js';
import { InProcessSlotStore } from '../../src/upstream/adapters/in-process-slot.store.js';
import { InProcessUpstreamBoard } from '../../src/upstream/adapters/in-process-upstream-board.js';
import { RedisSlotStore } from '../../src/upstream/adapters/redis-slot.store.js';
import { RedisUpstreamBoard } from '../../src/upstream/adapters/redis-upstream-board.js';
import { UpstreamRedis } from '../../src/upstream/adapters/upstream-redis.js';
import { ConnectionGate } from '../../src/upstream/connection-gate.js';
import { ConnectionMarks } from '../../src/upstream/connection-marks.js';
import { ConnectionSlots } from '../../src/upstream/connection-slots.js';
import type { ErrorRule } from '../../src/upstream/domain/error-rule.js';
import {
  type ErrorRulesData,
  ErrorRulesReader,
} from '../../src/upstream/domain/error-rules.reader.port.js';
import { ErrorRulesState } from '../../src/upstream/error-rules-state.js';
import { ErrorRules } from '../../src/upstream/error-rules.js';
import { LimitedCallerSlots } from '../../src/upstream/limited-caller-slots.js';
import { ObservedUpstreamHealth } from '../../src/upstream/observed-upstream-health.js';
import { ResilientUpstreamCalls } from '../../src/upstream/resilient-upstream-calls.js';
import { SlotLines } from '../../src/upstream/slot-lines.js';
import type { UpstreamTarget } from '../../src/upstream/upstream-calls.port.js';
import { UpstreamFigures } from '../../src/upstream/upstream-figures.js';
import { UpstreamGauges } from '../../src/upstream/upstream-gauges.js';
import { UpstreamMetrics } from '../../src/upstream/upstream-metrics.js';
import { UpstreamTally } from '../../src/upstream/upstream-tally.js';
import { StillEpoch } from '../fakes/still-epoch.js';

export const MODEL = 'embedded-image';

const SETTINGS: UpstreamConfig = {
  callerSlots: { slotsMax: 2, waitersMax: 3, waitS: 30 },
  connectionWait: { waitersMax: 100, waitS: 30 },
  stickyWait: { waitersMax: 3, waitS: 30 },
  repeatsMax: 0,
  poolRepeatsMax: 3,
  breakerFailures: 5,
  breakerOpenS: 1,
  cooldowns: { credentialS: 600, rateLimitedS: 300, overloadedS: 600, modelS: 600, aloneS: 10 },
  statisticsDays: 30,
  dailyDays: 730,
};

class SetErrorRules extends ErrorRulesReader {
  constructor(private readonly rules: readonly ErrorRule[]) {
    super();
  }

  read(): Promise<ErrorRulesData> {
    return Promise.resolve({ revision: 1, rules: this.rules });
  }
}

export async function openUpstream(
  settings: Partial<UpstreamConfig> = {},
  redisPlace: { url: string; prefix: string } | null = null,
  errorRules: readonly ErrorRule[] = [],
) {
  const config = { upstream: { ...SETTINGS, ...settings } } as AppConfig;
  const clock = new SystemClock();
  const redis = redisPlace && new UpstreamRedis(redisPlace.url, redisPlace.prefix);
  await redis?.onModuleInit();
  const store = redis ? new RedisSlotStore(redis) : new InProcessSlotStore();
  const lines = new SlotLines(store);
  const slots = new ConnectionSlots(config, lines);
  const board = redis ? new RedisUpstreamBoard(redis, clock) : new InProcessUpstreamBoard();
  const marks = new ConnectionMarks(board, clock, slots);
  await marks.onModuleInit();
  const gate = new ConnectionGate(config, clock, marks);
  const metrics = new MetricsService();
  const labels = new UpstreamMetrics(metrics, new ModelCatalogService());
  const tally = new UpstreamTally(clock);
  const figures = new UpstreamFigures(clock, tally, labels);
  new UpstreamGauges(metrics, clock, slots, lines, marks, labels).onModuleInit();
  const rules = new ErrorRulesState(new SetErrorRules(errorRules), new StillEpoch());
  return {
    callers: new LimitedCallerSlots(config, lines),
    calls: new ResilientUpstreamCalls(config, slots, gate, figures, new ErrorRules(rules)),
    health: new ObservedUpstreamHealth(clock, marks, slots, figures),
    gate,
    marks,
    tally,
    metrics,
    async end() {
      marks.onApplicationShutdown();
      lines.onApplicationShutdown();
      if (store instanceof RedisSlotStore) store.onApplicationShutdown();
      await redis?.onApplicationShutdown();
    },
  };
}

export type UpstreamProcess = Awaited<ReturnType<typeof openUpstream>>;

export function makeTarget(
  id: string,
  connection: Partial<UpstreamTarget['connection']> = {},
): UpstreamTarget {
  return {
    connection: {
      id,
      provider: 'openai',
      slotsMax: null,
      isPool: false,
      scope: 'global',
      ...connection,
    },
    model: MODEL,
    isSticky: false,
  };
}

export function makeFailure(
  kind: ProviderErrorKind,
  options: Partial<ConstructorParameters<typeof ProviderError>[1]> = {},
): ProviderError {
  return new ProviderError(kind, { provider: 'openai', model: MODEL, ...options });
}
