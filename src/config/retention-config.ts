import type { SettingValues } from './read-settings.js';

/** How long pictures are kept, in whole days. */
export interface RetentionConfig {
  /** Of spaces without a policy; null = for ever. */
  defaultDays: number | null;
  minDays: number;
  /** Null = no bound. */
  maxDays: number | null;
  everyS: number;
  /** Of spaces without a quota of their own; null = no bound. */
  quotaBytes: number | null;
  /** Hour of the day, UTC, at which the store is compared with the rows; null = only when an operator asks. */
  scanAtH: number | null;
}

/** Between two bounds that have crossed no policy could be set. */
export function checkRetention(values: SettingValues, faults: string[]): void {
  const { RETENTION_MIN_DAYS: least, RETENTION_MAX_DAYS: most } = values as Record<string, number>;
  if (most === 0 || least! <= most!) return;
  faults.push(`RETENTION_MAX_DAYS=${most} is less than RETENTION_MIN_DAYS=${least}`);
}

export function toRetention(values: SettingValues): RetentionConfig {
  return {
    defaultDays: (values.RETENTION_DEFAULT_DAYS as number) || null,
    minDays: values.RETENTION_MIN_DAYS as number,
    maxDays: (values.RETENTION_MAX_DAYS as number) || null,
    everyS: values.RETENTION_EVERY_S as number,
    quotaBytes: (values.STORAGE_QUOTA_BYTES as number) || null,
    scanAtH: values.STORAGE_SCAN_AT_H === -1 ? null : (values.STORAGE_SCAN_AT_H as number),
  };
}
