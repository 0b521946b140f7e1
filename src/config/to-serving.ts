import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { SettingValues } from './read-settings.js';
import type { ServingConfig } from './serving-config.js';

const CORES_PER_TRANSFORM = 2;
/** One of the four threads of Node's pool is left to files. */
const TRANSFORMS_BY_DEFAULT_MAX = 3;

export function toServing(values: SettingValues, dataDir: string): ServingConfig {
  return {
    stallS: values.IMAGE_STALL_S as number,
    transformsMax: (values.TRANSFORM_CONCURRENCY as number) || countByDefault(),
    transformsWaitingMax: values.TRANSFORM_WAITING_MAX as number,
    transformTimeoutS: values.TRANSFORM_TIMEOUT_S as number,
    cacheBytesMax: values.TRANSFORM_CACHE_BYTES as number,
    cacheDir: join(dataDir, 'derived'),
  };
}

function countByDefault(): number {
  const share = Math.floor(availableParallelism() / CORES_PER_TRANSFORM);
  return Math.min(TRANSFORMS_BY_DEFAULT_MAX, Math.max(1, share));
}
