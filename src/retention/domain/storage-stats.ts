export interface StorageSum {
  pictures: number;
  bytes: number;
}

/** What is in a collection, as it is listed: pictures of its generations, given ones among them, and uploads. */
export interface CollectionSum extends StorageSum {
  id: string;
  name: string;
}

/** What a space stores, and how much it may. */
export interface StorageStats {
  searchSpaceId: string;
  /** Equal pictures once. */
  stored: StorageSum;
  /** As they are listed, each time they are. */
  logical: StorageSum;
  byRole: ReadonlyMap<string, StorageSum>;
  byFormat: ReadonlyMap<string, StorageSum>;
  /** Of the generations there are; null = there are none. */
  oldestAt: Date | null;
  newestAt: Date | null;
}

/** From this share of a quota on there is a warning: whole percent. */
export const WARNING_PERCENT = 90;
const WHOLE_PERCENT = 100;

/** Null max = no bound. */
export function toQuotaStatus(
  usedBytes: number,
  maxBytes: number | null,
): 'ok' | 'warning' | 'full' {
  if (maxBytes === null) return 'ok';
  if (usedBytes >= maxBytes) return 'full';
  return usedBytes * WHOLE_PERCENT >= maxBytes * WARNING_PERCENT ? 'warning' : 'ok';
}
