import type { PriceOverride } from './merge-prices.js';

/** Prices that operators set, inside a unit of work. */
export abstract class PriceOverridesRepository {
  /** Lets changes of prices wait for one another; answers how many overrides there are. */
  abstract lock(): Promise<number>;

  abstract add(overrides: readonly PriceOverride[]): Promise<void>;

  /** Null = there is no such one. */
  abstract remove(id: string): Promise<PriceOverride | null>;

  /** Removes every override of these models on the connection (null = those for all); answers how many. */
  abstract removeOfModels(
    models: readonly { provider: string; model: string; connection: string | null }[],
  ): Promise<number>;
}
