/** Grants as lots: which part of a wallet's money is used, kept for calls in flight, or lost at which moment. */

/** What lots have to know of a hold. */
export interface LotHold {
  state: string;
  moved: bigint;
  posted: bigint;
  madeAt: number;
}

export interface LotWallet {
  available: bigint;
  held: bigint;
  spent: bigint;
  overdraft: bigint;
  /** Of what was spent: how much is assigned to lots. */
  allocated: bigint;
  lots: Lot[];
  /** Holds on the wallet, in the order in which they were made. */
  holds: LotHold[];
}

export interface Lot {
  priority: number;
  effectiveAt: number;
  expiresAt: number | null;
  amount: bigint;
  remaining: bigint;
  lapsed: bigint;
  isMoney: boolean;
  /** Expired; what remains is what calls in flight hold. */
  runsOff: boolean;
  covers: Map<LotHold, bigint>;
}

export function makeLot(
  priority: number,
  amount: bigint,
  effectiveAt: number,
  expiresAt: number | null,
): Lot {
  return {
    priority,
    effectiveAt,
    expiresAt,
    amount,
    remaining: amount,
    lapsed: 0n,
    isMoney: false,
    runsOff: false,
    covers: new Map(),
  };
}

/** Whether a lot has begun or ended since the wallet's lots were last looked at. */
export function isDue(wallet: LotWallet, now: number): boolean {
  return wallet.lots.some(({ remaining, isMoney, effectiveAt, expiresAt }) => {
    const at = isMoney ? expiresAt : effectiveAt;
    return remaining > 0n && at !== null && at <= now;
  });
}

/** Brings the lots up to this moment. */
export function turn(wallet: LotWallet, now: number): void {
  let debt = wallet.spent - wallet.allocated - useCovers(wallet);
  debt -= sum(take(wallet, debt, true));
  for (const lot of wallet.lots) begin(wallet, lot, now);
  debt -= sum(take(wallet, debt, true));
  coverExpired(wallet, now);
  for (const lot of wallet.lots.toSorted(byExpiry)) if (lot.runsOff) lapse(wallet, lot);
  wallet.allocated = wallet.spent - debt;
}

/** Takes so much from the lots in their order; answers how much from which. */
export function take(wallet: LotWallet, amount: bigint, withRunOff: boolean): Map<Lot, bigint> {
  const taken = new Map<Lot, bigint>();
  let missing = amount;
  for (const lot of wallet.lots.filter(isOpen).toSorted(byUse)) {
    if (missing <= 0n || (lot.runsOff && !withRunOff)) continue;
    const part = lot.remaining < missing ? lot.remaining : missing;
    lot.remaining -= part;
    missing -= part;
    taken.set(lot, part);
  }
  return taken;
}

export function sum(parts: ReadonlyMap<unknown, bigint>): bigint {
  return [...parts.values()].reduce((total, part) => total + part, 0n);
}

export function isOpen({ isMoney, remaining }: Lot): boolean {
  return isMoney && remaining > 0n;
}

/** Calls that were in flight when their lot expired and ended since: that lot pays for them, and for nobody else. */
function useCovers(wallet: LotWallet): bigint {
  let used = 0n;
  const paid = new Map<LotHold, bigint>();
  for (const lot of wallet.lots.filter(isOpen).toSorted(byUse)) {
    for (const [hold, cover] of lot.covers) {
      if (hold.state === 'held') continue;
      lot.covers.delete(hold);
      const open = hold.posted - (paid.get(hold) ?? 0n);
      paid.set(hold, (paid.get(hold) ?? 0n) + cover);
      const part = least(cover, open, lot.remaining);
      if (part <= 0n) continue;
      lot.remaining -= part;
      used += part;
    }
  }
  return used;
}

function begin(wallet: LotWallet, lot: Lot, now: number): void {
  if (lot.isMoney || lot.remaining === 0n || lot.effectiveAt > now) return;
  if (lot.expiresAt !== null && lot.expiresAt <= now) {
    lot.lapsed = lot.remaining;
    lot.remaining = 0n;
    return;
  }
  lot.isMoney = true;
  wallet.available += lot.amount;
}

/** Of lots that expired just now: what calls in flight hold, in the order of use of the lots and of making of the calls. */
function coverExpired(wallet: LotWallet, now: number): void {
  const line = wallet.lots.filter((lot) => isOpen(lot) && !lot.runsOff).toSorted(byUse);
  const open = wallet.holds.filter(({ state, moved }) => state === 'held' && moved > 0n);
  const needs = new Map(open.map((hold) => [hold, hold.moved - coveredOf(wallet, hold)]));
  const rests = new Map(line.map((lot) => [lot, lot.remaining]));
  for (const lot of line) {
    for (const hold of open) {
      const part = least(needs.get(hold) ?? 0n, rests.get(lot) ?? 0n);
      if (part <= 0n) continue;
      needs.set(hold, (needs.get(hold) ?? 0n) - part);
      rests.set(lot, (rests.get(lot) ?? 0n) - part);
      const isItsOwn =
        lot.expiresAt !== null && lot.expiresAt <= now && hold.madeAt <= lot.expiresAt;
      if (isItsOwn) lot.covers.set(hold, part);
    }
  }
  for (const lot of line) if (lot.expiresAt !== null && lot.expiresAt <= now) lot.runsOff = true;
}

function coveredOf({ lots }: LotWallet, hold: LotHold): bigint {
  return lots.reduce((total, { covers }) => total + (covers.get(hold) ?? 0n), 0n);
}

/** What nobody holds is lost, as far as it is there: that makes no debt. */
function lapse(wallet: LotWallet, lot: Lot): void {
  const lost = least(lot.remaining - sum(lot.covers), wallet.available);
  if (lost > 0n) {
    lot.remaining -= lost;
    lot.lapsed += lost;
    wallet.available -= lost;
  }
  if (lot.remaining === 0n) lot.covers.clear();
}

function byUse(one: Lot, other: Lot): number {
  return (
    Number(one.runsOff) - Number(other.runsOff) ||
    one.priority - other.priority ||
    byExpiry(one, other)
  );
}

function byExpiry(one: Lot, other: Lot): number {
  const [first, second] = [one, other].map((lot) => lot.expiresAt ?? Number.MAX_SAFE_INTEGER);
  return first! - second!;
}

function least(...amounts: bigint[]): bigint {
  return amounts.reduce((one, other) => (other < one ? other : one));
}
