/** deprecated: works until its shutdown date; retired: the vendor no longer answers. */
export type PriceStatus = 'active' | 'deprecated' | 'retired';

/** First day (YYYY-MM-DD, UTC) on which the vendor no longer answers; null = none announced. */
export interface Lifetime {
  status: PriceStatus;
  shutdownDate: string | null;
}

const DATE = /\d{4}-\d{2}-\d{2}/;
const GONE = /^(retired|shut down)\b/;

/** The words of a price list (`leaves API 2026-12-11`, `retired 2026-10-23`) and what the catalogue knows, today. */
export function toLifetime(words: string | null, catalogued: Lifetime | null, now: Date): Lifetime {
  const shutdownDate = catalogued?.shutdownDate ?? DATE.exec(words ?? '')?.[0] ?? null;
  const today = now.toISOString().slice(0, 'YYYY-MM-DD'.length);
  const isGone = catalogued?.status === 'retired' || GONE.test(words ?? '');
  if (isGone || (shutdownDate !== null && shutdownDate <= today)) {
    return { status: 'retired', shutdownDate };
  }
  const isLeaving = shutdownDate !== null || catalogued?.status === 'deprecated';
  return { status: isLeaving ? 'deprecated' : 'active', shutdownDate };
}
