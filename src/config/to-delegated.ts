import { isId } from '../common/ids.js';
import type { DelegatedConfig } from './app-config.js';
import type { SettingValues } from './read-settings.js';

const MS_PER_S = 1_000;
const GROUP = ['DELEGATED_URL', 'DELEGATED_SECRET', 'DELEGATED_SPACE_ID'] as const;

/** All of the group or none of it; what is missing is named. */
export function checkDelegated(values: SettingValues, faults: string[]): void {
  const given = GROUP.find((name) => values[name]);
  if (!given) return;
  for (const name of GROUP) {
    if (!values[name]) faults.push(`${given} needs ${name}`);
  }
  const url = values.DELEGATED_URL as string | null;
  if (url && URL.canParse(url) && (new URL(url).search || new URL(url).hash)) {
    faults.push('DELEGATED_URL must have no query and no fragment');
  }
  const spaceId = values.DELEGATED_SPACE_ID;
  if (spaceId && !isId(spaceId)) {
    faults.push('DELEGATED_SPACE_ID must be the id (UUID) of a search space');
  }
}

/** Null = off. */
export function toDelegated(values: SettingValues): DelegatedConfig | null {
  if (!values.DELEGATED_URL) return null;
  return {
    url: values.DELEGATED_URL as string,
    secret: values.DELEGATED_SECRET as string,
    spaceId: String(values.DELEGATED_SPACE_ID).toLowerCase(),
    needsSignedReplies: values.DELEGATED_REPLY_SIGNATURE === 'required',
    timeoutMs: values.DELEGATED_TIMEOUT_MS as number,
    retryDelayMs: values.DELEGATED_RETRY_DELAY_MS as number,
    callsMax: values.DELEGATED_CALLS_MAX as number,
    cacheMs: (values.DELEGATED_CACHE_S as number) * MS_PER_S,
    breakerFaultsMax: values.DELEGATED_BREAKER_FAULTS as number,
    breakerOpenMs: (values.DELEGATED_BREAKER_OPEN_S as number) * MS_PER_S,
  };
}
