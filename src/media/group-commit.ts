interface Waiting<T, R> {
  member: T;
  resolve: (result: R) => void;
  reject: (error: unknown) => void;
}

/**
 * One durable step for many callers: a batch is what queued while the last one committed; no timer, so a single
 * caller waits for nobody. A batch that fails is run again member by member, so that one cannot fail the others.
 */
export class GroupCommit<T, R> {
  private waiting: Waiting<T, R>[] = [];
  private isCommitting = false;

  /** @param commit answers for each member in order; all of its effects or none. */
  constructor(
    private readonly commit: (members: T[]) => Promise<R[]>,
    private readonly membersMax: number,
  ) {}

  add(member: T): Promise<R> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ member, resolve, reject });
      if (!this.isCommitting) void this.drain();
    });
  }

  private async drain(): Promise<void> {
    this.isCommitting = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, this.membersMax);
      if (!(await this.settle(batch)) && batch.length > 1) {
        for (const one of batch) await this.settle([one]);
      }
    }
    this.isCommitting = false;
  }

  /** @returns false when the batch failed and its members are to be tried alone. */
  private async settle(batch: readonly Waiting<T, R>[]): Promise<boolean> {
    try {
      const results = await this.commit(batch.map(({ member }) => member));
      batch.forEach(({ resolve }, position) => resolve(results[position] as R));
      return true;
    } catch (error) {
      if (batch.length === 1) batch[0]?.reject(error);
      return false;
    }
  }
}
