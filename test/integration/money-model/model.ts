/**
 * What wallets and budgets must do, written from the description of the product and not from its SQL: plain objects,
 * whole numbers, one operation after the other.
 */
import { findSpan, isCalendar, isWindow, type PeriodName, type Span } from './calendar.js';
import { isDue, isOpen, type LotHold, type LotWallet, makeLot, sum, take, turn } from './lots.js';

export type Funding = 'wallet' | 'subscription' | 'none';
export type Scope = 'global' | 'space' | 'user' | 'member' | 'key' | 'subscription';
type HoldState = 'held' | 'posted' | 'voided' | 'expired';

export interface Period extends Span {
  carried: bigint;
  held: bigint;
  spent: bigint;
  told: Set<number>;
  isExhausted: boolean;
}

export interface BudgetTerms {
  scope: Scope;
  /** Of the space, user or key; null for all the house. */
  subject: string | null;
  space: string | null;
  isHard: boolean;
  period: PeriodName;
  zone: string;
  limit: bigint;
  /** Percent, ascending. */
  thresholds: readonly number[];
  rollover: number;
  endsAt: number | null;
}

export interface BudgetState extends BudgetTerms {
  id: string;
  isDeleted: boolean;
  current: Period;
  closed: Period[];
  /** `KIND PERCENT_OR_REASON START`. */
  events: string[];
}

export interface HoldOrder {
  id: string;
  wallet: string;
  amount: bigint;
  funding: Funding;
  user: string | null;
  key: string | null;
  expiresAt: number;
}

interface HoldKept extends HoldOrder, LotHold {
  state: HoldState;
  counted: bigint;
  shortfall: bigint;
  under: { budget: BudgetState; period: Period }[];
}

export interface GrantOrder {
  wallet: string;
  amount: bigint;
  priority: number;
  effectiveAt: number;
  expiresAt: number | null;
}

export interface SettleOrder {
  hold: string;
  action: 'post' | 'void' | 'expire';
  /** Null = all of the hold. */
  amount: bigint | null;
}

/** An answer in words that can be compared. */
export type Answer = string;

interface Count {
  hold: HoldKept;
  returned: bigint;
  spent: bigint;
}

export class MoneyModel {
  now: number;
  readonly wallets = new Map<string, LotWallet>();
  readonly budgets: BudgetState[] = [];
  readonly holds = new Map<string, HoldKept>();
  readonly reviews: string[] = [];

  constructor(startsAt: number) {
    this.now = startsAt;
  }

  addBudget(id: string, terms: BudgetTerms): BudgetState {
    const span = findSpan(terms.period, terms.zone, this.now);
    // A window that nobody opened yet has neither begun nor ended.
    const current = toPeriod(isWindow(terms.period) ? { start: this.now, end: this.now } : span);
    const budget = { ...terms, id, isDeleted: false, current, closed: [], events: [] };
    this.budgets.push(budget);
    return budget;
  }

  addWallet(id: string, overdraft: bigint): void {
    this.wallets.set(id, {
      available: 0n,
      held: 0n,
      spent: 0n,
      overdraft,
      allocated: 0n,
      lots: [],
      holds: [],
    });
  }

  grant({ wallet: id, amount, priority, effectiveAt, expiresAt }: GrantOrder): Answer {
    const wallet = this.walletOf(id);
    turn(wallet, this.now);
    wallet.lots.push(makeLot(priority, amount, effectiveAt, expiresAt));
    turn(wallet, this.now);
    return 'ok';
  }

  /** A correction of either sign: money at once, or out of the lots in their order. */
  adjust(id: string, amount: bigint, priority: number): Answer {
    const wallet = this.walletOf(id);
    turn(wallet, this.now);
    if (amount < 0n && wallet.available + amount < 0n) {
      return `insufficient ${-amount} of ${wallet.available}`;
    }
    if (amount > 0n) wallet.lots.push(makeLot(priority, amount, this.now, null));
    else {
      take(wallet, -amount, true);
      wallet.available += amount;
    }
    turn(wallet, this.now);
    return 'ok';
  }

  transfer(from: string, to: string, amount: bigint): Answer {
    const [source, target] = [this.walletOf(from), this.walletOf(to)];
    for (const wallet of [source, target]) turn(wallet, this.now);
    const free = source.lots.filter((lot) => isOpen(lot) && !lot.runsOff);
    const whole = free.reduce((total, { remaining }) => total + remaining, 0n);
    const movable = max(0n, min(source.available, whole));
    if (amount > movable) return `insufficient ${amount} of ${movable}`;
    const parts = take(source, amount, false);
    source.available -= sum(parts);
    for (const [{ priority, expiresAt }, part] of parts) {
      target.lots.push(makeLot(priority, part, this.now, expiresAt));
    }
    for (const wallet of [source, target]) turn(wallet, this.now);
    return 'ok';
  }

  /** What the job does for wallets that nobody comes by. */
  turnDue(): void {
    for (const wallet of this.wallets.values()) if (isDue(wallet, this.now)) turn(wallet, this.now);
  }

  /**
   * One batch, member by member.
   * @param named the budget that the product said denies each, if one did: where several do, any may be named
   */
  hold(orders: readonly HoldOrder[], named: readonly (string | null)[]): Answer[] {
    for (const id of new Set(orders.map(({ wallet }) => wallet))) {
      const wallet = this.walletOf(id);
      if (isDue(wallet, this.now)) turn(wallet, this.now);
    }
    this.renewAsked(orders);
    return orders.map((order, index) => this.admit(order, named[index] ?? null));
  }

  /** One batch: wallets move member by member, budgets count all of it together. */
  settle(orders: readonly SettleOrder[]): Answer[] {
    const counts: Count[] = [];
    const answers = orders.map((order) => this.conclude(order, counts));
    this.count(counts);
    return answers;
  }

  /** As somebody would see it who asked for it now. */
  view(budget: BudgetState): Period {
    const copy = { ...budget, current: { ...budget.current }, closed: [], events: [] };
    this.renew(copy);
    return copy.current;
  }

  /** Whoever asks for money that counts finds all budgets of the space, user and key in their present periods. */
  private renewAsked(orders: readonly HoldOrder[]): void {
    if (orders.every(({ funding, amount }) => funding === 'none' || amount === 0n)) return;
    const spaces = orders.map(({ wallet }) => wallet);
    const subjects = [null, ...orders.flatMap(({ wallet, user, key }) => [wallet, user, key])];
    for (const budget of this.budgets) {
      const isNear = budget.space === null || spaces.includes(budget.space);
      if (isNear && subjects.includes(budget.subject) && !budget.isDeleted) this.renew(budget);
    }
  }

  private walletOf(id: string): LotWallet {
    const wallet = this.wallets.get(id);
    if (!wallet) throw new Error(`no wallet ${id}`);
    return wallet;
  }

  private admit(order: HoldOrder, named: string | null): Answer {
    const known = this.holds.get(order.id);
    if (known) return `exists ${known.state}`;
    const wallet = this.walletOf(order.wallet);
    const moved = order.funding === 'wallet' ? order.amount : 0n;
    if (moved > 0n && moved > wallet.available) {
      return `insufficient ${moved} of ${wallet.available}`;
    }
    const counted = order.funding === 'none' ? 0n : order.amount;
    const budgets = counted > 0n ? this.budgets.filter((one) => this.binds(one, order)) : [];
    const denying = budgets.filter((one) => this.denies(one, counted));
    const [refuser] = denying.filter(({ id }) => id === named).concat(denying);
    if (refuser) return this.deny(refuser, counted);
    if (order.funding === 'subscription' && counted > 0n && budgets.length === 0) {
      return 'no subscription';
    }
    wallet.available -= moved;
    wallet.held += moved;
    for (const { current } of budgets) current.held += counted;
    const under = budgets.map((budget) => ({ budget, period: budget.current }));
    const nothing = { posted: 0n, shortfall: 0n };
    const kept: HoldKept = {
      ...order,
      ...nothing,
      state: 'held',
      moved,
      counted,
      under,
      madeAt: this.now,
    };
    this.holds.set(order.id, kept);
    wallet.holds.push(kept);
    return ['admitted', ...budgets.flatMap(warn).toSorted()].join(' | ');
  }

  private hasEnded({ endsAt }: BudgetState): boolean {
    return endsAt !== null && endsAt <= this.now;
  }

  private binds(budget: BudgetState, order: HoldOrder): boolean {
    const subjects = [null, order.wallet, order.user ?? '', order.key ?? ''];
    return (
      !budget.isDeleted &&
      subjects.includes(budget.subject) &&
      (budget.space === null || budget.space === order.wallet) &&
      (budget.scope === 'subscription') === (order.funding === 'subscription') &&
      (budget.isHard || !this.hasEnded(budget))
    );
  }

  private denies(budget: BudgetState, counted: bigint): boolean {
    return budget.isHard && (this.hasEnded(budget) || counted > remainingOf(budget));
  }

  private deny(budget: BudgetState, counted: bigint): Answer {
    const { current } = budget;
    if (!current.isExhausted) {
      current.isExhausted = true;
      tell(budget, current, 'exhausted denied');
    }
    const hasEnded = this.hasEnded(budget);
    const endsFirst =
      current.end !== null && budget.endsAt !== null && budget.endsAt <= current.end;
    return [
      `denied ${counted} by ${budget.id}`,
      hasEnded ? 'ended' : 'limit',
      `${max(0n, remainingOf(budget))} of ${wholeOf(budget)}`,
      `until ${hasEnded || endsFirst ? null : current.end}`,
    ].join(' | ');
  }

  /** The first conclusion counts; work that ends after its hold expired is still paid. */
  private conclude({ hold: id, action, amount }: SettleOrder, counts: Count[]): Answer {
    const hold = this.holds.get(id);
    if (!hold) return 'missing';
    if (hold.state === 'held' && action === 'expire' && hold.expiresAt > this.now) return 'not due';
    const isLate = hold.state === 'expired' && action === 'post';
    if (hold.state !== 'held' && !isLate) {
      return `already ${hold.state} ${hold.posted} ${hold.shortfall}`;
    }
    const wallet = this.walletOf(hold.wallet);
    const freed = isLate ? 0n : hold.moved;
    const uncounted = isLate ? 0n : hold.counted;
    wallet.held -= freed;
    wallet.available += freed;
    const isPost = action === 'post';
    const owed = isPost && hold.funding === 'wallet' ? (amount ?? hold.moved) : 0n;
    const paid = min(owed, wallet.available + wallet.overdraft);
    wallet.available -= paid;
    wallet.spent += paid;
    hold.state = isPost ? 'posted' : action === 'void' ? 'voided' : 'expired';
    hold.posted = paid;
    hold.shortfall = owed - paid;
    if (owed > paid) this.reviews.push(`${id} ${owed - paid}`);
    const used = isPost && hold.funding === 'subscription' ? (amount ?? hold.counted) : paid;
    counts.push({ hold, returned: uncounted, spent: used });
    return `ok ${hold.state} ${hold.posted} ${hold.shortfall}`;
  }

  /** In the period that admitted each hold: those that are over first, for what they leave is carried on. */
  private count(counts: readonly Count[]): void {
    const touched = new Set<BudgetState>();
    for (const { hold, returned, spent } of counts) {
      for (const { budget, period } of hold.under) {
        period.held -= returned;
        period.spent += spent;
        if (period === budget.current) touched.add(budget);
        const isJustBefore = isCalendar(budget.period) && period.end === budget.current.start;
        if (isJustBefore) budget.current.carried = leaves(budget, period);
      }
    }
    for (const budget of touched) if (!budget.isDeleted) watch(budget);
  }

  private renew(budget: BudgetState): void {
    const { current } = budget;
    if (current.end === null || current.end > this.now || this.hasEnded(budget)) return;
    if (current.end > current.start) budget.closed.push(current);
    const next = toPeriod(findSpan(budget.period, budget.zone, this.now));
    if (isCalendar(budget.period)) {
      next.carried = current.end === next.start ? leaves(budget, current) : capOf(budget);
    }
    budget.current = next;
  }
}

function toPeriod(span: Span): Period {
  return { ...span, carried: 0n, held: 0n, spent: 0n, told: new Set(), isExhausted: false };
}

/** The most that is ever carried on. */
function capOf({ limit, rollover }: BudgetState): bigint {
  return (limit * BigInt(rollover)) / 100n;
}

/** What a period hands to the next: what it had been handed itself is used first, and is not handed on. */
function leaves(budget: BudgetState, { spent, held, carried }: Period): bigint {
  const ofOwnLimit = max(0n, spent + held - carried);
  return min(capOf(budget), max(0n, budget.limit - ofOwnLimit));
}

function wholeOf({ limit, current }: BudgetState): bigint {
  return limit + current.carried;
}

function remainingOf(budget: BudgetState): bigint {
  return wholeOf(budget) - budget.current.spent - budget.current.held;
}

/** What an admission tells of a budget that runs low. */
function warn(budget: BudgetState): string[] {
  const used = budget.current.spent + budget.current.held;
  const whole = wholeOf(budget);
  const first = BigInt(budget.thresholds[0] ?? 100);
  if (used * 100n < whole * first) return [];
  const percent = (used * 100n) / max(1n, whole);
  return [`${budget.id} ${percent}% ${max(0n, remainingOf(budget))} of ${whole}`];
}

/** Each threshold once a period, and once that nothing is left. */
function watch(budget: BudgetState): void {
  const { current } = budget;
  const whole = wholeOf(budget);
  if (current.spent === 0n || whole === 0n) return;
  for (const percent of budget.thresholds) {
    if (current.told.has(percent) || current.spent * 100n < whole * BigInt(percent)) continue;
    current.told.add(percent);
    tell(budget, current, `threshold ${percent}`);
  }
  if (current.isExhausted || current.spent < whole) return;
  current.isExhausted = true;
  tell(budget, current, 'exhausted spent');
}

function tell(budget: BudgetState, { start }: Period, what: string): void {
  budget.events.push(`${what} ${start}`);
}

function max(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}

function min(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}
