/** Lots in the simplest way there is: what the database must say after every step. */

interface ModelLot {
  priority: number;
  /** The step at which it expired, or a label of the future; Infinity = never. */
  expires: number;
  /** How many lots came before it. */
  order: number;
  remaining: number;
  runsOff: boolean;
  /** What calls that were in flight at its end hold of it. */
  covers: Map<string, number>;
}

interface ModelHold {
  wallet: number;
  amount: number;
  /** The step at which it was admitted. */
  step: number;
  order: number;
  posted: number;
  isOpen: boolean;
}

/** Expiries from here on have not come. */
export const FUTURE = 1_000_000;

export class ModelWallet {
  available = 0;
  held = 0;
  spent = 0;
  allocated = 0;
  lots: ModelLot[] = [];

  /** Σ remaining by priority and expiry: lots alike in both are as good as one. */
  groups(): Record<string, number> {
    const sums: Record<string, number> = {};
    for (const { priority, expires, remaining } of this.lots) {
      const key = `${priority}/${expires}`;
      if (remaining > 0) sums[key] = (sums[key] ?? 0) + remaining;
    }
    return sums;
  }

  inOrder(): ModelLot[] {
    return this.lots
      .filter(({ remaining }) => remaining > 0)
      .sort(
        (left, right) =>
          Number(left.runsOff) - Number(right.runsOff) ||
          left.priority - right.priority ||
          compare(left.expires, right.expires) ||
          left.order - right.order,
      );
  }

  take(wanted: number, lots = this.inOrder()): [ModelLot, number][] {
    const taken: [ModelLot, number][] = [];
    for (const lot of lots) {
      const amount = Math.min(wanted, lot.remaining);
      if (amount === 0) break;
      lot.remaining -= amount;
      wanted -= amount;
      taken.push([lot, amount]);
    }
    return taken;
  }
}

export class LotsModel {
  readonly holds = new Map<string, ModelHold>();
  lapsed = 0;
  private step = 0;
  private made = 0;

  constructor(readonly wallets: readonly ModelWallet[]) {}

  /** Time passes; answers the new step. */
  tick(): number {
    this.step += 1;
    return this.step;
  }

  grant(wallet: number, amount: number, priority: number, expires: number): void {
    this.turn(wallet);
    this.wallets[wallet]!.available += amount;
    this.addLot(wallet, amount, priority, expires);
    this.turn(wallet);
  }

  adjustDown(wallet: number, amount: number): boolean {
    this.turn(wallet);
    const one = this.wallets[wallet]!;
    if (one.available < amount) return false;
    one.take(amount);
    one.available -= amount;
    this.turn(wallet);
    return true;
  }

  transfer(from: number, to: number, amount: number): boolean {
    this.turn(from);
    this.turn(to);
    const source = this.wallets[from]!;
    const lots = source.inOrder().filter(({ runsOff }) => !runsOff);
    const movable = lots.reduce((sum, { remaining }) => sum + remaining, 0);
    if (amount > Math.min(movable, source.available)) return false;
    source.available -= amount;
    this.wallets[to]!.available += amount;
    for (const [lot, part] of source.take(amount, lots))
      this.addLot(to, part, lot.priority, lot.expires);
    this.turn(from);
    this.turn(to);
    return true;
  }

  hold(id: string, wallet: number, amount: number): boolean {
    const one = this.wallets[wallet]!;
    if (one.lots.some(({ remaining, expires }) => remaining > 0 && expires <= this.step))
      this.turn(wallet);
    if (amount > one.available) return false;
    one.available -= amount;
    one.held += amount;
    const order = this.holds.size;
    this.holds.set(id, {
      wallet,
      amount,
      step: this.step,
      order,
      posted: 0,
      isOpen: true,
    });
    return true;
  }

  settle(id: string, owed: number, overdraft: number): number {
    const hold = this.holds.get(id)!;
    const one = this.wallets[hold.wallet]!;
    const paid = Math.min(owed, Math.max(hold.amount, hold.amount + one.available + overdraft));
    one.available += hold.amount - paid;
    one.held -= hold.amount;
    one.spent += paid;
    hold.posted = paid;
    hold.isOpen = false;
    return paid;
  }

  /** All lots of this label expire now. */
  expire(label: number): void {
    for (const { lots } of this.wallets)
      for (const lot of lots) if (lot.expires === label) lot.expires = this.step;
  }

  turn(wallet: number): void {
    const one = this.wallets[wallet]!;
    this.endCovers(one);
    this.allocate(one);
    const expiring = one.inOrder().filter((lot) => !lot.runsOff && lot.expires <= this.step);
    if (expiring.length > 0) this.cover(wallet);
    for (const lot of one.inOrder().filter(({ runsOff }) => runsOff)) {
      const covered = [...lot.covers.values()].reduce((sum, amount) => sum + amount, 0);
      const excess = Math.max(0, Math.min(lot.remaining - covered, one.available));
      lot.remaining -= excess;
      one.available -= excess;
      this.lapsed += excess;
    }
    for (const lot of one.lots) if (lot.remaining === 0) lot.covers.clear();
  }

  private addLot(wallet: number, amount: number, priority: number, expires: number): void {
    this.made += 1;
    this.wallets[wallet]!.lots.push({
      priority,
      expires,
      order: this.made,
      remaining: amount,
      runsOff: false,
      covers: new Map(),
    });
  }

  private endCovers(one: ModelWallet): void {
    const used = new Map<string, number>();
    for (const lot of one.inOrder()) {
      for (const [id, amount] of lot.covers) {
        const { isOpen, posted } = this.holds.get(id)!;
        if (isOpen) continue;
        const before = used.get(id) ?? 0;
        const part = Math.min(amount, Math.max(0, posted - before), lot.remaining);
        used.set(id, before + amount);
        lot.remaining -= part;
        one.allocated += part;
        lot.covers.delete(id);
      }
    }
  }

  private allocate(one: ModelWallet): void {
    const pending = one.spent - one.allocated;
    for (const [, part] of one.take(pending)) one.allocated += part;
  }

  /** Walks lots and open holds side by side; what falls on an expired lot stays the hold's. */
  private cover(wallet: number): void {
    const one = this.wallets[wallet]!;
    const open = [...this.holds]
      .filter(([, hold]) => hold.wallet === wallet && hold.isOpen)
      .sort(([, left], [, right]) => left.order - right.order)
      .map(([id, hold]) => ({ id, hold, left: hold.amount - this.coveredOf(one, id) }));
    for (const lot of one.inOrder().filter(({ runsOff }) => !runsOff)) {
      let room = lot.remaining;
      for (const entry of open) {
        const part = Math.min(room, entry.left);
        if (part === 0) continue;
        room -= part;
        entry.left -= part;
        const isCovered = lot.expires <= this.step && entry.hold.step <= lot.expires;
        if (isCovered) lot.covers.set(entry.id, part);
      }
      if (lot.expires <= this.step) lot.runsOff = true;
    }
  }

  private coveredOf(one: ModelWallet, id: string): number {
    return one.lots.reduce((sum, { covers }) => sum + (covers.get(id) ?? 0), 0);
  }
}

function compare(left: number, right: number): number {
  return left === right ? 0 : left < right ? -1 : 1;
}
