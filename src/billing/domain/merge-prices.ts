import type { Price, PriceInfo, PriceUnit } from './price.js';

/** A price that an operator set, on top of the list in the code. */
export interface PriceOverride {
  id: string;
  price: Price;
  /** From then on; an announced change lies in the future. */
  effectiveAt: Date;
  note: string | null;
  createdBy: string;
  createdAt: Date;
}

/** The units in which a picture itself is priced: a price in one of them is instead of the others. */
const PICTURE_UNITS: readonly PriceUnit[] = ['image', 'pixel', 'request', 'second'];

/** Of two lines for the same thing the later one counts: by effective date, then by making. */
export function pickEffective(overrides: readonly PriceOverride[], now: Date): PriceOverride[] {
  const picked = new Map<string, PriceOverride>();
  for (const one of overrides.filter(({ effectiveAt }) => effectiveAt <= now).toSorted(byAge)) {
    picked.set(toThing(one.price), one);
  }
  return [...picked.values()];
}

/** When the merged list next changes by itself; null = never. */
export function findNextChange(overrides: readonly PriceOverride[], now: Date): Date | null {
  const coming = overrides.filter(({ effectiveAt }) => effectiveAt > now);
  return (
    coming.map(({ effectiveAt }) => effectiveAt).toSorted((a, b) => a.getTime() - b.getTime())[0] ??
    null
  );
}

/** The whole list: what operators set for everybody replaces built-in lines of that kind and operation. */
export function mergePrices(
  builtIn: readonly Price[],
  overrides: readonly PriceOverride[],
  now: Date,
): Price[] {
  const set = pickEffective(overrides, now).map(({ id, price, note }) => ({
    ...price,
    info: toInfo(id, note),
  }));
  const general = set.filter(({ connection, operation }) => !connection && !operation);
  const replaced = new Set(general.map((price) => toKind(price)));
  return [...builtIn.filter((price) => !isReplaced(price, replaced)), ...set];
}

/** Of each kind of line the most specific ones: the connection's before everybody's, the operation's before any. */
export function selectPrices(
  prices: readonly Price[],
  call: { operation: string; connection: string | null },
): Price[] {
  const fitting = prices.filter(
    ({ operation, connection }) =>
      (operation === null || operation === call.operation) &&
      (connection === null || connection === call.connection),
  );
  const best = new Map<string, number>();
  for (const price of fitting) {
    const kind = toKind(price);
    best.set(kind, Math.max(best.get(kind) ?? 0, toRank(price)));
  }
  return fitting.filter((price) => {
    const kind = toKind(price);
    if (toRank(price) < (best.get(kind) ?? 0)) return false;
    // A picture that has a price of its own here is not priced by its tokens in general.
    return price.unit !== 'image_output_token' || toRank(price) >= pictureRank(best, price);
  });
}

function pictureRank(best: ReadonlyMap<string, number>, { provider, model }: Price): number {
  return best.get(JSON.stringify([provider, model, 'picture'])) ?? 0;
}

function isReplaced(price: Price, replaced: ReadonlySet<string>): boolean {
  if (replaced.has(toKind(price))) return true;
  const { provider, model } = price;
  return (
    price.unit === 'image_output_token' &&
    replaced.has(JSON.stringify([provider, model, 'picture']))
  );
}

function toRank({ connection, operation }: Price): number {
  return (connection === null ? 0 : 2) + (operation === null ? 0 : 1);
}

function toKind({ provider, model, unit }: Price): string {
  return JSON.stringify([provider, model, PICTURE_UNITS.includes(unit) ? 'picture' : unit]);
}

function toThing(price: Price): string {
  const { provider, model, unit, operation, connection, size, quality } = price;
  const { pixelsMax, inputTokensAbove } = price;
  const parts = [provider, model, unit, operation, connection, size, quality];
  return JSON.stringify([...parts, pixelsMax, inputTokensAbove]);
}

function byAge(left: PriceOverride, right: PriceOverride): number {
  const apartMs = left.effectiveAt.getTime() - right.effectiveAt.getTime();
  return apartMs || (left.id < right.id ? -1 : 1);
}

function toInfo(overrideId: string, note: string | null): PriceInfo {
  return {
    origin: 'override',
    overrideId,
    source: note,
    asOf: null,
    confidence: null,
    status: null,
  };
}
