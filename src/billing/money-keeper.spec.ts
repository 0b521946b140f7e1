// Proves that what the money tables need for later keeps nobody from starting today.
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MoneyUpkeep } from './domain/money-upkeep.port.js';
import { MoneyKeeper } from './money-keeper.js';

class FailingUpkeep extends MoneyUpkeep {
  async makeUsagePartitions(): Promise<number> {
    throw new Error('updated partition constraint for default partition would be violated');
  }

  async turnDueLots() {
    return null;
  }

  async listDifferences() {
    return [];
  }
}

describe('MoneyKeeper', () => {
  const logged = vi.fn();

  beforeEach(() => void vi.spyOn(Logger.prototype, 'error').mockImplementation(logged));
  afterEach(() => void vi.restoreAllMocks());

  it('starts when a month cannot be made, and says so: usage of it has a place until it can', async () => {
    const keeper = new MoneyKeeper(new FailingUpkeep());
    await keeper.onModuleInit();
    keeper.onModuleDestroy();
    expect(logged).toHaveBeenCalledWith(expect.stringContaining('partition'));
  });
});
