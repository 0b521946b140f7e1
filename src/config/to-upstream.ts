import type { UpstreamConfig } from './app-config.js';
import type { SettingValues } from './read-settings.js';

export function toUpstream(values: SettingValues): UpstreamConfig {
  return {
    callerSlots: {
      slotsMax: values.SLOTS_PER_CALLER as number,
      waitersMax: values.SLOTS_PER_CALLER_WAITERS as number,
      waitS: values.SLOTS_PER_CALLER_WAIT_S as number,
    },
    connectionWait: {
      waitersMax: values.CONNECTION_WAITERS as number,
      waitS: values.CONNECTION_WAIT_S as number,
    },
    stickyWait: {
      waitersMax: values.CONNECTION_STICKY_WAITERS as number,
      waitS: values.CONNECTION_STICKY_WAIT_S as number,
    },
    repeatsMax: values.UPSTREAM_REPEATS_MAX as number,
    poolRepeatsMax: values.UPSTREAM_POOL_REPEATS_MAX as number,
    breakerFailures: values.BREAKER_FAILURES as number,
    breakerOpenS: values.BREAKER_OPEN_S as number,
    cooldowns: {
      credentialS: values.COOLDOWN_CREDENTIAL_S as number,
      rateLimitedS: values.COOLDOWN_RATE_LIMITED_S as number,
      overloadedS: values.COOLDOWN_OVERLOADED_S as number,
      modelS: values.COOLDOWN_MODEL_S as number,
      aloneS: values.COOLDOWN_ALONE_S as number,
    },
    statisticsDays: values.UPSTREAM_STATISTICS_DAYS as number,
    dailyDays: values.UPSTREAM_DAILY_DAYS as number,
  };
}
