import type { JobsConfig } from './app-config.js';
import type { SettingValues } from './read-settings.js';

const WHOLE_PERCENT = 100;

export function toJobs(values: SettingValues): JobsConfig {
  const share = (values.QUEUE_SPACE_SHARE as number) / WHOLE_PERCENT;
  return {
    queuedPerSpaceMax: values.QUEUED_PER_SPACE_MAX as number,
    queuedMax: values.QUEUED_MAX as number,
    runsPerSpaceMax: Math.max(1, Math.floor((values.RUNS_MAX as number) * share)),
    listenersMax: values.EVENT_LISTENERS_MAX as number,
    listenersPerCallerMax: values.EVENT_LISTENERS_PER_CALLER as number,
    deadLettersMax: values.DEAD_LETTERS_MAX as number,
  };
}
