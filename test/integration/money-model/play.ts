/** Plays one world on the database and on the model, and compares every answer and, at the end, every row. */
import { expect } from 'vitest';
import { newId } from '../../../src/common/ids.js';
import { type Facts, type MoneyBooks, Names, type Verdict } from './books.js';
import { type Answer, type BudgetState, type HoldOrder, MoneyModel } from './model.js';
import type { BudgetPlan, HoldPlan, Operation, SettlePlan, World } from './operations.js';

const RANK = 100;

export async function playWorld(books: MoneyBooks, world: World): Promise<void> {
  const play = new Play(books, world);
  await play.prepare();
  for (const operation of world.operations) await play.step(operation);
  await play.compare();
}

class Play {
  private readonly names = new Names();
  private readonly model: MoneyModel;
  private readonly before = newId();
  private readonly wallets: string[];
  private holds: string[] = [];
  /** No two lots of a wallet have one place in its order. */
  private lots = 0;

  constructor(
    private readonly books: MoneyBooks,
    private readonly world: World,
  ) {
    this.model = new MoneyModel(world.startsAt);
    this.wallets = world.wallets.map((_, index) => `wallet ${index}`);
  }

  async prepare(): Promise<void> {
    const { startsAt, wallets, budgets } = this.world;
    const rows = wallets.map(({ overdraft }, index) => {
      const name = this.walletName(index);
      this.model.addWallet(name, BigInt(overdraft));
      return { id: this.names.id(name), overdraft };
    });
    // The world begins a moment after its budgets were made.
    await this.books.begin(startsAt + 1, rows);
    const plans = budgets.map((budget, index) => {
      const { subject, space } = this.findSubject(budget);
      this.model.addBudget(`budget ${index}`, {
        ...budget,
        subject,
        space,
        limit: BigInt(budget.limit),
        endsAt: budget.endsInMs === null ? null : startsAt + budget.endsInMs,
      });
      return {
        ...budget,
        id: this.names.id(`budget ${index}`),
        subject: subject && this.names.id(subject),
        space: space && this.names.id(space),
      };
    });
    this.model.now = startsAt + 1;
    await this.books.addBudgets(startsAt, plans);
    for (const [wallet, { amount }] of wallets.entries()) {
      if (amount > 0) await this.grant({ wallet, amount, rank: 5, begins: 0, lasts: null });
    }
  }

  async step(operation: Operation): Promise<void> {
    switch (operation.kind) {
      case 'hold':
        return this.hold(operation.members);
      case 'settle':
        return this.settle(operation.members);
      case 'grant':
        return this.grant(operation);
      case 'adjust':
        return this.adjust(operation);
      case 'transfer':
        return this.transfer(operation);
      case 'wait':
        return this.moveTo(this.model.now + operation.ms);
      case 'wait_for': {
        const end = this.model.budgets[operation.budget]?.current.end ?? null;
        return end !== null && end > this.model.now ? this.moveTo(end) : undefined;
      }
      case 'turn':
        this.model.turnDue();
        return this.books.turnDue(this.before);
      case 'delete': {
        const budget = this.model.budgets[operation.budget];
        if (!budget) return;
        budget.isDeleted = true;
        return this.books.deleteBudget(this.names.id(budget.id));
      }
    }
  }

  async compare(): Promise<void> {
    const ids = [this.wallets, this.holds].map((all) => all.map((name) => this.names.id(name)));
    const facts = await this.books.read(ids[0] ?? [], ids[1] ?? []);
    expect(this.describeFacts(facts)).toEqual(this.describeModel());
  }

  private walletName(index: number): string {
    return this.wallets[index] ?? '';
  }

  private findSubject({ scope, wallet, person }: BudgetPlan): {
    subject: string | null;
    space: string | null;
  } {
    const space = this.walletName(wallet);
    switch (scope) {
      case 'global':
        return { subject: null, space: null };
      case 'user':
        return { subject: `user ${person}`, space: null };
      case 'member':
        return { subject: `user ${person}`, space };
      case 'key':
        return { subject: `key ${wallet}`, space };
      case 'space':
      case 'subscription':
        return { subject: space, space };
    }
  }

  private async moveTo(at: number): Promise<void> {
    this.model.now = at;
    await this.books.moveClock(at);
  }

  private async hold(plans: readonly HoldPlan[]): Promise<void> {
    const fresh = this.holds.length;
    const orders: HoldOrder[] = plans.map((plan, index) => ({
      id: (plan.repeats !== null && this.holds[0]) || `hold ${fresh + index}`,
      wallet: this.walletName(plan.wallet),
      amount: BigInt(plan.amount),
      funding: plan.funding,
      user: plan.user === null ? null : `user ${plan.user}`,
      key: plan.key ? `key ${plan.wallet}` : null,
      expiresAt: this.model.now + plan.lastsMs,
    }));
    const verdicts = await this.books.hold(
      orders.map((order) => ({
        id: this.names.id(order.id),
        transaction_id: newId(),
        account_id: this.names.id(order.wallet),
        amount_micros: Number(order.amount),
        funding: order.funding,
        user_id: order.user && this.names.id(order.user),
        api_key_id: order.key && this.names.id(order.key),
        expires_at: new Date(order.expiresAt),
      })),
    );
    const named = verdicts.map((verdict) => this.names.name(verdict?.budget_id));
    const answers = this.model.hold(orders, named);
    expect(verdicts.map((verdict) => this.describe(verdict))).toEqual(answers);
    this.holds = [...this.model.holds.keys()];
  }

  private async settle(plans: readonly SettlePlan[]): Promise<void> {
    const orders = plans.map(({ hold, action, amount }) => ({
      hold: this.holds.at(-1 - hold) ?? 'nobody knows it',
      action,
      amount: amount === null ? null : BigInt(amount),
    }));
    const verdicts = await this.books.settle(
      orders.map(({ hold, action, amount }) => ({
        hold_id: this.names.id(hold),
        transaction_id: newId(),
        action,
        ...(amount !== null && { amount_micros: Number(amount) }),
      })),
    );
    const answers = this.model.settle(orders);
    expect(verdicts.map((verdict) => this.describe(verdict))).toEqual(answers);
  }

  private async grant(plan: Omit<Operation & { kind: 'grant' }, 'kind'>): Promise<void> {
    const { now } = this.model;
    const expiresAt = plan.lasts === null ? null : now + plan.begins + plan.lasts + this.lots;
    const order = {
      wallet: this.walletName(plan.wallet),
      amount: BigInt(plan.amount),
      priority: this.place(plan.rank),
      effectiveAt: now + plan.begins,
      expiresAt,
    };
    const verdict = await this.books.grant({
      transaction_id: newId(),
      account_id: this.names.id(order.wallet),
      amount_micros: plan.amount,
      kind: 'grant',
      priority: order.priority,
      effective_at: new Date(order.effectiveAt),
      expires_at: expiresAt === null ? null : new Date(expiresAt),
    });
    expect(this.describe(verdict)).toBe(this.model.grant(order));
  }

  private async adjust({ wallet, amount, rank }: Operation & { kind: 'adjust' }): Promise<void> {
    const priority = this.place(rank);
    const name = this.walletName(wallet);
    const verdict = await this.books.grant({
      transaction_id: newId(),
      account_id: this.names.id(name),
      amount_micros: amount,
      kind: 'adjust',
      priority,
    });
    expect(this.describe(verdict)).toBe(this.model.adjust(name, BigInt(amount), priority));
  }

  private async transfer({ from, amount }: Operation & { kind: 'transfer' }): Promise<void> {
    const [source, target] = [this.walletName(from), this.walletName(1 - from)];
    const verdict = await this.books.transfer(this.names.id(source), this.names.id(target), amount);
    expect(this.describe(verdict)).toBe(this.model.transfer(source, target, BigInt(amount)));
  }

  private place(rank: number): number {
    this.lots += 1;
    return rank * RANK + this.lots;
  }

  private describe(verdict: Verdict): Answer {
    if (verdict === null) return 'admitted';
    const read = (name: string): string => toText(verdict[name]);
    if (verdict.ok === true) return this.describeOk(verdict);
    switch (verdict.code) {
      case 'billing.hold_exists':
        return `exists ${read('state')}`;
      case 'billing.hold_missing':
        return 'missing';
      case 'billing.subscription_missing':
        return 'no subscription';
      case 'billing.hold_not_due':
        return 'not due';
      case 'billing.insufficient_balance':
        return `insufficient ${read('required_micros')} of ${read('remaining_micros')}`;
      case 'already':
        return `already ${read('state')} ${read('posted_micros')} ${read('shortfall_micros')}`;
      case 'billing.budget_exceeded':
        return [
          `denied ${read('required_micros')} by ${this.names.name(verdict.budget_id)}`,
          read('reason'),
          `${read('remaining_micros')} of ${read('limit_micros')}`,
          `until ${verdict.resets_at === null ? null : Date.parse(read('resets_at'))}`,
        ].join(' | ');
      default:
        return JSON.stringify(verdict);
    }
  }

  private describeOk(verdict: Record<string, unknown>): Answer {
    const warnings = verdict.budget_warnings as Record<string, unknown>[] | undefined;
    if (warnings) {
      const lines = warnings.map((one) => {
        const [percent, left, whole] = ['used_percent', 'remaining_micros', 'limit_micros'].map(
          (name) => toText(one[name]),
        );
        return `${this.names.name(one.budget_id)} ${percent}% ${left} of ${whole}`;
      });
      return ['admitted', ...lines.toSorted()].join(' | ');
    }
    const { state, posted_micros, shortfall_micros } = verdict;
    return ['ok', state, posted_micros, shortfall_micros].filter(isThere).map(toText).join(' ');
  }

  private describeFacts(facts: Facts): string[] {
    const { names } = this;
    return [
      ...facts.accounts.map(
        ({ id, balances, difference }) =>
          `${names.name(id)}: ${balances.join(' ')}, ${difference} differences`,
      ),
      ...facts.lots.map(({ account_id: id, lot }) => `${names.name(id)} lot ${lot}`),
      ...facts.budgets.map(
        ({ id, start, end, carried, held, spent }) =>
          `${names.name(id)}: ${start} to ${end}: ${carried} ${held} ${spent}`,
      ),
      ...facts.periods
        .filter(({ totals }) => totals[1] !== '0' || totals[2] !== '0')
        .map(
          ({ id, start, end, totals }) =>
            `${names.name(id)}: ${start} to ${end} was ${totals.join(' ')}`,
        ),
      ...facts.holds.map(
        ({ id, state, posted, shortfall }) => `${names.name(id)}: ${state} ${posted} ${shortfall}`,
      ),
      ...facts.events.map(({ id, what }) => `${names.name(id)} told ${what}`),
      ...facts.reviews.map(({ id, amount }) => `review ${names.name(id)} ${amount}`),
    ].toSorted();
  }

  private describeModel(): string[] {
    const { wallets, budgets, holds, reviews } = this.model;
    return [
      ...[...wallets].flatMap(([name, { available, held, spent, lots }]) => [
        `${name}: ${available} ${held} ${spent}, 0 differences`,
        ...describeLots(lots).map((lot) => `${name} lot ${lot}`),
      ]),
      ...budgets.flatMap((budget) => this.describeBudget(budget)),
      ...[...holds].map(
        ([name, { state, posted, shortfall }]) => `${name}: ${state} ${posted} ${shortfall}`,
      ),
      ...reviews.map((review) => `review ${review}`),
    ].toSorted();
  }

  private describeBudget(budget: BudgetState): string[] {
    const { start, end, carried, held, spent } = this.model.view(budget);
    return [
      `${budget.id}: ${start} to ${end}: ${carried} ${held} ${spent}`,
      ...budget.closed
        .filter((period) => period.held !== 0n || period.spent !== 0n)
        .map(
          (period) =>
            `${budget.id}: ${period.start} to ${period.end} was ${period.carried} ${period.held} ${period.spent}`,
        ),
      ...budget.events.map((event) => `${budget.id} told ${event}`),
    ];
  }
}

/** Parts of one lot that were moved here at different times count as one. */
function describeLots(
  lots: readonly {
    priority: number;
    expiresAt: number | null;
    remaining: bigint;
    lapsed: bigint;
  }[],
): string[] {
  const parts = new Map<string, [bigint, bigint]>();
  for (const { priority, expiresAt, remaining, lapsed } of lots) {
    const name = expiresAt === null ? String(priority) : `${priority} ${expiresAt}`;
    const [left, lost] = parts.get(name) ?? [0n, 0n];
    parts.set(name, [left + remaining, lost + lapsed]);
  }
  return [...parts].map(([name, [left, lost]]) => `${name} ${left} ${lost}`);
}

function isThere(value: unknown): boolean {
  return value !== undefined;
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
